"""A user's module that serves: its functions, the framework's for those that it leaves out, and the toolkit's rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol

from .service import JSON, TEXTS, Answer, accepted

Function = Callable[..., Any]


class Defaults(Protocol):
    """What a framework does where the module has no function of its own."""

    def input_fn(self, body: Any, content_type: str) -> Any: ...

    def predict_fn(self, data: Any, model: Any) -> Any: ...

    def output_fn(self, prediction: Any, accept: str) -> Any: ...


class Script:
    """A model that the functions of a module load and ask; a ``Service``."""

    def __init__(self, module: ModuleType, defaults: Defaults, model_dir: Path) -> None:
        self._context = SimpleNamespace(system_properties={"model_dir": str(model_dir)})
        self._module, self._defaults = module, defaults
        self._check()
        self._call(self._own("pre_model_fn"), str(model_dir))
        self._model = self._call(self._own("model_fn") or _no_model_fn, str(model_dir))
        self._call(self._own("model_warmup_fn"), str(model_dir), self._model)

    def _check(self) -> None:
        if self._own("transform_fn") and any(self._own(name) for name in ("input_fn", "predict_fn", "output_fn")):
            raise ValueError(
                "Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn "
                "implementation"
            )

    def _own(self, name: str) -> Function | None:
        return getattr(self._module, name, None)

    def _function(self, name: str) -> Function:
        return self._own(name) or getattr(self._defaults, name)

    def _call(self, function: Function | None, *arguments: Any) -> Any:
        """Call it, with the context too where it takes one argument more."""
        if function is None:
            return None
        takes = len(inspect.signature(function).parameters)
        if takes not in (len(arguments), len(arguments) + 1):
            raise TypeError(f"{function.__name__} takes {takes} arguments but {len(arguments)} were given.")
        return function(*arguments, *([self._context] if takes > len(arguments) else []))

    def invoke(self, body: bytes, content_type: str, accept: str) -> Answer:
        """See ``Service``."""
        wanted = accepted(accept, JSON)
        given = body.decode() if content_type in TEXTS else body
        transform = self._own("transform_fn") or self._transform
        result = self._call(transform, self._model, given, content_type, wanted)
        response, answered = result if isinstance(result, tuple) else (result, wanted)
        return Answer(response.encode() if isinstance(response, str) else bytes(response), answered)

    def _transform(self, model: Any, body: Any, content_type: str, accept: str) -> Any:
        data = self._call(self._function("input_fn"), body, content_type)
        prediction = self._call(self._function("predict_fn"), data, model)
        return self._call(self._function("output_fn"), prediction, accept)

    def execution_parameters(self) -> dict[str, Any] | None:
        """See ``Service``: what the module's ``execution_parameters_fn`` says."""
        function = self._own("execution_parameters_fn")
        return None if function is None else dict(function())


def _no_model_fn(model_dir: str) -> Any:
    raise NotImplementedError(
        "Please provide a model_fn implementation.\n"
        "See documentation for model_fn at https://github.com/aws/sagemaker-python-sdk"
    )
