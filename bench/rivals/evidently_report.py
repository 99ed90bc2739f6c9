"""Drift by the library that is asked first: `python evidently_report.py <capture.jsonl> <reference.csv> <page.html>`
prints the seconds that reading and the library itself took. DuckDB reads, being the fastest reader of such files.
"""

import json
import sys
import time

import duckdb
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset

NUMBERS = ["length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight"]
COLUMNS = {"sex": "VARCHAR", **dict.fromkeys([*NUMBERS, "prediction"], "DOUBLE")}
SIDES = 'STRUCT(endpointInput STRUCT("data" VARCHAR), endpointOutput STRUCT("data" VARCHAR))'


def main(capture: str, reference: str, page: str) -> None:
    """Read both, compare them, and write the page."""
    start = time.monotonic()
    cells = ", ".join(f"row[{place}]::{kind} AS {name}" for place, (name, kind) in enumerate(COLUMNS.items(), start=1))
    both = "rtrim(captureData.endpointInput.data, chr(10)) || ',' || rtrim(captureData.endpointOutput.data, chr(10))"
    records = f"read_json('{capture}', format = 'newline_delimited', columns = {{captureData: '{SIDES}'}})"
    current = duckdb.sql(f"SELECT {cells} FROM (SELECT string_split({both}, ',') AS row FROM {records})").df()
    known = duckdb.sql(f"SELECT * FROM read_csv('{reference}', columns = {COLUMNS})").df()
    read = time.monotonic()
    definition = DataDefinition(numerical_columns=[*NUMBERS, "prediction"], categorical_columns=["sex"])
    datasets = (Dataset.from_pandas(frame, data_definition=definition) for frame in (current, known))
    snapshot = Report([DataDriftPreset(), DataSummaryPreset()]).run(*datasets)
    analysed = time.monotonic()
    snapshot.save_html(page)
    print(json.dumps({"reading": read - start, "statistics": analysed - read, "page": time.monotonic() - analysed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
