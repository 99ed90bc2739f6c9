"""Reading the rows of a request: CSV, JSON, JSON lines, Parquet; one row or thousands."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from serving import bulk
from serving.columns import Cells, Features, Schema
from serving.errors import BadCell, BadRequest, shown

CSV, JSON, JSONLINES, PARQUET = "text/csv", "application/json", "application/jsonlines", "application/x-parquet"
NAMES = 200
"""How many characters of a row's names are told."""


def read(body: bytes, content_type: str, schema: Schema, limit: int) -> Features:
    """The features of the rows in ``body``. Raises BadRequest: another content type, no row, not what the content type
    says, a missing column, a cell that cannot be read, more than ``limit`` bytes behind a compressed body."""
    if content_type == PARQUET:
        return _parquet(body, schema, limit)
    reader = READERS.get(content_type)
    if reader is None:
        known = ", ".join([*READERS, PARQUET])
        raise BadRequest(415, f"content type {shown(content_type)} is not read here; send {known}")
    return reader(body, schema)


def _csv(body: bytes, schema: Schema) -> Features:
    """Cells in the order of the columns; or in any order, and among others, below a header that names them."""
    text = _text(body).removeprefix("\ufeff")
    if '"' in text:
        return _csv_rows(_quoted(text), schema)
    text = (text.replace("\r\n", "\n") if "\r" in text else text).rstrip("\n")
    first, more, _ = text.partition("\n")
    if more and ("\0" in text or _is_header(first.split(","), schema)):
        return _csv_rows([line.split(",") for line in text.split("\n")], schema)
    width = len(schema.names)
    if not more:
        cells = first.split(",") if first else []
        if len(cells) != width:
            raise _wrong_width(0, cells, schema)
        return schema.row(cells)
    grid = bulk.grid(text.encode() + b"\n", b"," * (width - 1) + b"\n")
    if grid is None:
        lines = enumerate(line.split(",") if line else [] for line in text.split("\n"))
        raise next(_wrong_width(row, cells, schema) for row, cells in lines if len(cells) != width)
    return schema.grid(grid)


def _csv_rows(rows: Sequence[Sequence[str]], schema: Schema) -> Features:
    first, names = 0, schema.names
    if rows and _is_header(rows[0], schema):
        first, names = 1, [name.strip() for name in rows[0]]
    if len(rows) == first:
        raise _no_row(schema)
    for row, cells in enumerate(rows[first:]):
        if len(cells) != len(names):
            raise _wrong_width(row, cells, schema, len(names))
    columns = dict(zip(names, zip(*rows[first:], strict=True), strict=True))
    return schema.rows([[cell.encode() for cell in columns[name]] for name in schema.names])


def _quoted(text: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [row for row in reader if row]
    except csv.Error as error:
        raise BadRequest(400, f"line {reader.line_num}: not CSV ({error})") from None


def _is_header(cells: Sequence[str], schema: Schema) -> bool:
    names = {cell.strip() for cell in cells}
    return len(names) == len(cells) and names.issuperset(schema.names)


def _json(body: bytes, schema: Schema) -> Features:
    """``{"instances": [row, ...]}``, a list of rows, or one row; see `_rows`."""
    document = _document(body, "the body")
    if isinstance(document, dict):
        document = document.get("instances", [document])
    if not isinstance(document, list):
        raise BadRequest(400, 'the body is no row, no list of rows, and has no list "instances"')
    return _rows(document, schema)


def _jsonlines(body: bytes, schema: Schema) -> Features:
    lines = [line for line in body.split(b"\n") if line.strip()]
    return _rows([_document(line, f"row {row}", row) for row, line in enumerate(lines, start=1)], schema)


def _rows(rows: Sequence[Any], schema: Schema) -> Features:
    """Rows: objects (columns by name, others ignored), lists of cells in order, or ``{"features": [cells]}``."""
    if not rows:
        raise _no_row(schema)
    cells = [_cells(row, number, schema) for number, row in enumerate(rows)]
    return schema.row(cells[0]) if len(cells) == 1 else schema.rows(list(zip(*cells, strict=True)))


def _cells(row: Any, number: int, schema: Schema) -> Cells:
    if isinstance(row, dict) and row.keys() == {"features"} and "features" not in schema.names:
        row = row["features"]
    if isinstance(row, dict):
        return [_named(row, name, number) for name in schema.names]
    if not isinstance(row, list):
        raise BadRequest(400, f"row {number + 1} is neither an object nor a list of cells", number + 1)
    if len(row) != len(schema.names):
        raise _wrong_width(number, row, schema)
    return row


def _named(row: Mapping[str, Any], name: str, number: int) -> Any:
    if name not in row:
        raise BadCell(number + 1, name, None, f"is missing; the row has only {shown(list(row), NAMES)}")
    return row[name]


def _parquet(body: bytes, schema: Schema, limit: int) -> Features:
    import pyarrow  # 0.2 s and 40 MB that no other content type costs
    import pyarrow.parquet

    source = pyarrow.BufferReader(body)
    try:
        metadata = pyarrow.parquet.read_metadata(source)
        _check_table(metadata, schema, limit)
        # A text that many rows share stays one.
        file = pyarrow.parquet.ParquetFile(source, metadata=metadata, read_dictionary=schema.names)
        table = file.read(schema.names)
        columns = [_values(table.column(name)) for name in schema.names]
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise BadRequest(400, f"the body is not Parquet ({error})") from None
    return schema.rows(columns)


def _check_table(metadata: Any, schema: Schema, limit: int) -> None:
    """Raises BadRequest for a table without rows, without a column, or of more than ``limit`` bytes: values that repeat
    cost the body next to nothing, and memory as much as any."""
    if not metadata.num_rows:
        raise _no_row(schema)
    names = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    for name in schema.names:
        if name not in names:
            raise BadCell(1, name, None, f"is missing; the table has only {shown(names, NAMES)}")
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    size = max(metadata.num_rows * len(schema.names) * 8, sum(group.total_byte_size for group in groups))
    if size > limit:
        told = f"the table has {metadata.num_rows} rows of {size} bytes unpacked, and {limit} are allowed"
        raise BadRequest(413, f"{told}; send fewer rows at once")


def _values(column: Any) -> list[Any]:
    return [value for chunk in column.chunks for value in _chunk(chunk)]


def _chunk(chunk: Any) -> list[Any]:
    if not hasattr(chunk, "dictionary"):
        return list(chunk.to_pylist())
    texts = [*chunk.dictionary.to_pylist(), None]
    return [texts[-1 if place is None else place] for place in chunk.indices.to_pylist()]


READERS = {CSV: _csv, JSON: _json, JSONLINES: _jsonlines}


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(400, f"the body is not UTF-8 text ({error})") from None


def _document(text: bytes, what: str, row: int | None = None) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, f"{what} is not JSON ({error})", row) from None


def _no_row(schema: Schema) -> BadRequest:
    return BadRequest(400, f"there is no row; send at least one, with the columns {schema.names}")


def _wrong_width(row: int, cells: Sequence[Any], schema: Schema, width: int | None = None) -> BadRequest:
    wanted = f"{width or len(schema.names)} cells: {schema.names}" if width is None else f"the header's {width} cells"
    return BadRequest(400, f"row {row + 1} has {len(cells)} cells, not {wanted}", row + 1)
