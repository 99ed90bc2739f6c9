"""Starts serving: finds the user's module or the algorithm, loads the model, and listens."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from .. import code, entry_point, paths
from ..environment import is_xgboost
from .http import Server
from .script import Defaults, Script
from .service import Service

log = logging.getLogger(__name__)


def serve() -> int:
    """Serve until SIGTERM; returns the exit status. A model that cannot be loaded ends it at once."""
    logging.basicConfig(format="%(asctime)s %(levelname)s - %(name)s - %(message)s", level=logging.INFO)
    signal.signal(signal.SIGTERM, _end)
    try:
        service = _service()
    except Exception:
        log.exception("the model cannot be served")
        return 1
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    with Server(port, service) as server:
        log.info("listening on port %s", port)
        try:
            server.serve_forever()
        except SystemExit:
            with server.busy:  # let the invocation that is under way have its answer
                return 0
    return 0


def _end(*_: Any) -> NoReturn:
    raise SystemExit(0)


def _service() -> Service:
    if os.environ.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true":
        raise ValueError("SAGEMAKER_MULTI_MODEL: the local SageMaker's images serve one model")
    xgboost = is_xgboost({"SAGEMAKER_TRAINING_MODULE": os.environ.get("SAGEMAKER_SERVING_MODULE", "")})
    program = os.environ.get("SAGEMAKER_PROGRAM")
    if xgboost and program is None:
        from ..xgboost_algorithm.serving import Algorithm  # here only: its image alone has what it needs

        return Algorithm(paths.model())
    return Script(_module(program or "inference.py"), _defaults(xgboost), paths.model())


def _module(program: str) -> Any:
    """The user's module, with its requirements installed."""
    folder = _code()
    entry_point.install(entry_point.Kind.PROGRAM, folder, program, os.environ)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return importlib.import_module(program.removesuffix(".py").replace("/", "."))


def _code() -> Path:
    """Where the user's code is: beside the model, unless ``SAGEMAKER_SUBMIT_DIRECTORY`` says otherwise."""
    source = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
    if source is None:
        return paths.model() / "code"
    if source.startswith("s3://"):
        code.fetch(source)
        return paths.code()
    return paths.place(source.removeprefix("file://"))


def _defaults(xgboost: bool) -> Defaults:
    # Here only: each needs what its own image has.
    if xgboost:
        from ..xgboost_algorithm.serving import ScriptDefaults

        return ScriptDefaults()
    from .defaults import ScikitLearn

    return ScikitLearn()
