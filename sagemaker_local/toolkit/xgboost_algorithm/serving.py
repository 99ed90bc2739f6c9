"""XGBoost's predictions: of the built-in algorithm's models, and for scripts that leave out functions of their own."""

from __future__ import annotations

import csv
import io
import logging
import os
import pickle
from pathlib import Path
from typing import Any

import numpy
import scipy.sparse
import xgboost

from ..serving.codecs import encode
from ..serving.service import CSV, JSON, Answer, InferenceError, UnsupportedFormat, accepted
from . import channels

log = logging.getLogger(__name__)

_SNIFFED = 512
_MAX_BYTES, _LIMIT_BYTES = 6 * 1024 * 1024, 20 * 1024 * 1024


class Algorithm:
    """The models in a folder, which answer with their mean; a ``Service``."""

    def __init__(self, model_dir: Path) -> None:
        if "SAGEMAKER_INFERENCE_OUTPUT" in os.environ:
            raise ValueError("SAGEMAKER_INFERENCE_OUTPUT: the local SageMaker answers with predictions only")
        self._models = [_loaded(path) for path in sorted(model_dir.iterdir()) if path.is_file()]
        if not self._models:
            raise FileNotFoundError(f"there is no model in {model_dir}")
        self._max_bytes = min(int(os.environ.get("MAX_CONTENT_LENGTH", _MAX_BYTES)), _LIMIT_BYTES)

    def invoke(self, body: bytes, content_type: str, accept: str) -> Answer:
        """See ``Service``. An empty body has no content for an answer (204)."""
        if not body:
            raise InferenceError(204, "")
        if len(body) > self._max_bytes:
            raise InferenceError(413, f"the payload has {len(body)} bytes; MAX_CONTENT_LENGTH is {self._max_bytes}")
        data = _read(body, content_type)
        try:
            found = numpy.mean([_predicted(model, data) for model in self._models], axis=0)
        except Exception as error:
            raise InferenceError(400, f"Unable to evaluate payload provided: {error}") from error
        return _written(found, accepted(accept, CSV).lower())

    def execution_parameters(self) -> dict[str, Any]:
        """See ``Service``."""
        return {
            "MaxConcurrentTransforms": os.cpu_count() or 1,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": self._max_bytes // (1024 * 1024),
        }


def _loaded(path: Path) -> Any:
    """The model in a file: pickled, as older containers left it, or in a format of XGBoost's."""
    try:
        model = pickle.loads(path.read_bytes())
    except Exception:
        model = xgboost.Booster(model_file=str(path))
    model.set_param({"nthread": 1})
    log.info("Loading the model from %s", path)
    return model


def _predicted(model: Any, data: Any) -> Any:
    """The prediction of *model*, up to its best round where training was stopped early."""
    best = model.attr("best_iteration")
    rounds = (0, 0) if best is None else (0, int(best) + 1)
    return model.predict(data, iteration_range=rounds, validate_features=False)


def _read(body: bytes, content_type: str) -> Any:
    try:
        return matrix(body, channels.format_of(content_type) if content_type else channels.LIBSVM)
    except UnsupportedFormat:
        raise InferenceError(415, f"Content-type {content_type} is not supported.") from None
    except Exception as error:
        raise InferenceError(415, str(error)) from error


def _written(found: Any, accept: str) -> Answer:
    if accept in (CSV, "csv"):
        # One line is what AWS's containers answer, except to batch transform.
        lines = map(str, found.tolist())
        text = "\n".join(lines) + "\n" if os.environ.get("SAGEMAKER_BATCH") else ",".join(lines)
        return Answer(text.encode(), CSV)
    if accept in (JSON, "json"):
        return Answer(encode(found, JSON), JSON)
    raise InferenceError(
        415,
        f"Encoding to accept type {accept} failed with exception: {accept} is not an accepted Accept type. "
        f"Please choose one of the following: ['{CSV}', '{JSON}'].",
    )


class ScriptDefaults:
    """``Defaults``: what AWS's XGBoost container does where a script has no function of its own."""

    def input_fn(self, body: Any, content_type: str) -> Any:
        kind = channels.TYPES.get(content_type)
        if kind is None:
            raise UnsupportedFormat(content_type)
        return matrix(body.encode() if isinstance(body, str) else body, kind)

    def predict_fn(self, data: Any, model: Any) -> Any:
        return model.predict(data, validate_features=False)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        return encode(prediction, accept)


def matrix(body: bytes, kind: str) -> Any:
    """Rows without labels as a ``DMatrix``; raises ``UnsupportedFormat``, or ``RuntimeError`` for bad data."""
    readers = {channels.CSV: _from_csv, channels.LIBSVM: _from_libsvm}
    if kind not in readers:
        raise UnsupportedFormat(kind)
    try:
        return xgboost.DMatrix(readers[kind](body.decode().strip()))
    except Exception as error:
        problem = f"Loading {kind} data failed with Exception, please ensure data is in {kind} format"
        raise RuntimeError(f"{problem}:\n {type(error)}\n {error}") from error


def _from_csv(text: str) -> Any:
    found = csv.Sniffer().sniff(text.partition("\n")[0][:_SNIFFED]).delimiter
    delimiter = "," if found.isalnum() else found
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    return numpy.array([[cell or "nan" for cell in row] for row in rows]).astype(float)


def _from_libsvm(text: str) -> Any:
    """Features by their numbers; a label, which an item without a colon is, is passed over."""
    places, values = [], []
    for row, line in enumerate(text.split("\n")):
        for column, _, value in (item.partition(":") for item in line.split(" ") if ":" in item):
            places.append((row, int(column)))
            values.append(float(value))
    rows, columns = zip(*places, strict=True) if places else ((), ())
    return scipy.sparse.csr_matrix((values, (rows, columns)))
