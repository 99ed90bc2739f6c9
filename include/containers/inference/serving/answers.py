"""Writing predictions: numbers, probabilities or labels, in the media type that was asked for."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from serving.errors import BadRequest
from serving.rows import CSV, JSON, JSONLINES, PARQUET

Predictions = npt.NDArray[Any]


@dataclass(frozen=True)
class Accept:
    """What a request wants: a media type, and of a label ``output`` its ``label`` instead of its ``probability``."""

    media_type: str
    output: str

    @classmethod
    @lru_cache(256)
    def read(cls, header: str, content_type: str) -> "Accept":
        """The first type of ``header`` that can be written; where it asks for none, the request's own. Raises
        BadRequest."""
        for entry in header.split(","):
            media_type, *parameters = [part.strip() for part in entry.split(";")]
            named = dict(parameter.partition("=")[::2] for parameter in parameters)
            if media_type in ("", "*/*"):
                media_type = content_type
            if media_type in WRITERS:
                return cls(media_type, named.get("output", ""))
        raise BadRequest(406, f"no answer can be {header!r}; accept {', '.join(WRITERS)}")


def write(predictions: Predictions, accept: Accept, target: Mapping[str, Any]) -> tuple[bytes, str]:
    """The answer and its media type; ``target`` is the manifest's. Raises BadRequest for an output that the model does
    not have."""
    return WRITERS[accept.media_type](_chosen(predictions, accept.output, target)), accept.media_type


def _chosen(predictions: Predictions, output: str, target: Mapping[str, Any]) -> Predictions:
    outputs = ("probability", "label") if target["kind"] == "label" else ("prediction",)
    if output not in ("", *outputs):
        raise BadRequest(406, f"output={output!r} is not one of this model's: {', '.join(outputs)}")
    if output != "label":
        return predictions
    labels: Predictions = np.where(predictions >= target["threshold"], target["positive"], target["negative"])
    return labels


def _csv(values: Predictions) -> bytes:
    if values.dtype.kind == "U":
        return "\n".join(values.tolist()).encode()
    return _numbers(values)[1:-1].replace(b",", b"\n")


def _json(values: Predictions) -> bytes:
    return b'{"predictions":' + _numbers(values) + b"}"


def _jsonlines(values: Predictions) -> bytes:
    return b"\n".join(b'{"prediction":' + orjson.dumps(value) + b"}" for value in values.tolist())


def _parquet(values: Predictions) -> bytes:
    import pyarrow  # as in rows.py
    import pyarrow.parquet

    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"prediction": values.tolist()}), stream)
    return stream.getvalue()


def _numbers(values: Predictions) -> bytes:
    """A JSON list: the shortest digits that give the same float again."""
    plain = values.tolist() if values.dtype.kind == "U" else np.ascontiguousarray(values)
    return orjson.dumps(plain, option=orjson.OPT_SERIALIZE_NUMPY)


WRITERS = {CSV: _csv, JSON: _json, JSONLINES: _jsonlines, PARQUET: _parquet}
