"""What is done with a request: four functions, each of which a use case may bring itself in ``code/inference.py``.

They are those of SageMaker's inference toolkit::

    model_fn(model_dir) -> model
    input_fn(body, content_type) -> data
    predict_fn(data, model) -> predictions
    output_fn(predictions, accept) -> body, or body and content type

What it does not bring is done as for every model here. Its own ``input_fn`` or ``output_fn`` may raise ValueError: the
request is answered with 400 and the error's text.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from serving import answers, artifact, rows
from serving.answers import Accept
from serving.errors import BadRequest, Refused
from serving.model import Model
from serving.rows import PARQUET

NAMES = ("model_fn", "input_fn", "predict_fn", "output_fn")


@dataclass(frozen=True)
class Service:
    """A model, and the functions that answer requests with it; ``own`` are those that the use case brings. No body is
    unpacked to more than ``limit`` bytes."""

    model: Any
    check: Callable[[], None]
    own: dict[str, Callable[..., Any]]
    limit: int

    def is_quick(self, content_type: str) -> bool:
        """Whether a request takes as long as its body lets expect; neither what is unpacked nor foreign code does."""
        return content_type != PARQUET and not self.own

    def answer(
        self, body: bytes, content_type: str, accept: str, see: Callable[[Any], None] | None = None
    ) -> tuple[bytes, str]:
        """The answer to a request and its media type; ``see`` is shown the predictions. Raises BadRequest."""
        data = self._input(body, content_type)
        predictions = self.own["predict_fn"](data, self.model) if "predict_fn" in self.own else self.model.predict(data)
        if see is not None:
            see(predictions)
        return self._output(predictions, content_type, accept)

    def _input(self, body: bytes, content_type: str) -> Any:
        if "input_fn" in self.own:
            return _asked(self.own["input_fn"], body, content_type)
        return rows.read(body, content_type, self.model.schema, self.limit)

    def _output(self, predictions: Any, content_type: str, accept: str) -> tuple[bytes, str]:
        if "output_fn" not in self.own:
            return answers.write(predictions, Accept.read(accept, content_type), self.model.manifest["target"])
        found = _asked(self.own["output_fn"], predictions, accept)
        answer, media_type = found if isinstance(found, tuple) else (found, accept)
        return answer if isinstance(answer, bytes) else str(answer).encode(), media_type


def load(folder: Path, limit: int) -> Service:
    """The service of the model in ``folder``, for bodies of up to ``limit`` bytes. Raises Refused."""
    module = _module(folder / artifact.FUNCTIONS)
    own = {name: getattr(module, name) for name in NAMES if hasattr(module, name)} if module else {}
    if "model_fn" not in own:
        model = Model.load(folder)
        return Service(model, model.prove, own, limit)
    if lacking := [name for name in ("input_fn", "predict_fn", "output_fn") if name not in own]:
        told = "what is left to the server needs the server's own model"
        raise Refused(f"{folder / artifact.FUNCTIONS} has model_fn and not {', '.join(lacking)}; {told}")
    artifact.load(folder)
    return Service(own["model_fn"](str(folder)), lambda: None, own, limit)


def _module(file: Path) -> ModuleType | None:
    spec = importlib.util.spec_from_file_location("inference", file) if file.is_file() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _asked(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except ValueError as error:
        raise BadRequest(400, str(error)) from error
