"""The program ``train``: runs the user's script or the image's algorithm, and reports how it ended."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import time
import traceback

from . import code, entry_point, environment, intermediate, paths, process
from .environment import Environment
from .errors import ClientError, ExecuteUserScriptError

log = logging.getLogger("sagemaker-training-toolkit")

_FAILED = 1
_NAMES_SECONDS = 15 * 60


def train() -> int:
    """Train; returns the exit status."""
    # As for process 1 of a container: SIGTERM has no effect unless an algorithm asks for it.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        job = environment.read()
        _configure_log(job)
        with intermediate.uploaded(job.s3_output, job.variables.get("TRAINING_JOB_NAME", "")):
            _run(job)
    except ClientError as error:
        return _failed(str(error), _FAILED)
    except Exception as error:
        log.exception("the whole traceback:")
        return _failed(_framework_error(error), getattr(error, "errno", None) or _FAILED)
    log.info("Reporting training SUCCESS")
    (paths.output() / "success").touch()
    return 0


def _configure_log(job: Environment) -> None:
    """As the image's own framework writes its log."""
    if job.is_xgboost:
        form, date = "[%(asctime)s:%(levelname)s] %(message)s", "%Y-%m-%d:%H:%M:%S"
    else:
        form, date = "%(asctime)s %(name)-12s %(levelname)-8s %(message)s", None
    logging.basicConfig(format=form, datefmt=date, level=job.log_level)


def _framework_error(error: Exception) -> str:
    """The end of the traceback and the error: ``FailureReason`` has no room for more."""
    prefix = "framework error" if environment.is_xgboost(os.environ) else "Framework Error"
    return f"{prefix}: \n{''.join(traceback.format_exception(error, limit=-1, chain=False))}\n{error}"


def _failed(text: str, status: int) -> int:
    """Write the failure file, unless the script has written one."""
    failure = paths.output() / "failure"
    if not failure.exists():
        failure.write_text(text)
    log.error("Reporting training FAILURE")
    log.error(text)
    return status


def _run(job: Environment) -> None:
    os.environ.update({**job.toolkit_variables(), **job.sm_variables()})
    if job.entry_point is not None:
        _run_script(job, job.entry_point)
    elif job.is_xgboost:
        from .xgboost_algorithm import training  # here only: its image alone has what it needs

        training.run(job)
    else:
        raise ClientError(
            "this image trains by a script: give its name in hyperparameter sagemaker_program and its place in "
            "sagemaker_submit_directory"
        )


def _run_script(job: Environment, name: str) -> None:
    log.info("Invoking user training script.")
    code.fetch(job.module_dir)
    how = entry_point.kind(paths.code(), name, modules=job.is_xgboost)
    entry_point.install(how, paths.code(), name, job.variables)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(paths.code()), os.environ.get("PYTHONPATH"))))
    wait_for_names([host for host in job.hosts if host != job.current_host])
    command = entry_point.command(how, name, job.arguments)
    variables = "\n".join(f"{name}={value}" for name, value in job.sm_variables().items())
    log.info(
        "Invoking user script\n\nTraining Env:\n\n%s\n\nEnvironment variables:\n\n%s\n\n"
        "Invoking script with the following command:\n\n%s\n",
        json.dumps(job.described(), indent=4), variables, " ".join(command),
    )  # fmt: skip
    process.run(command, paths.code(), ExecuteUserScriptError)


def wait_for_names(hosts: list[str]) -> None:
    """Until the other hosts can be found by name: on AWS a cluster's names come up after its containers."""
    if os.environ.get("SM_STUDIO_LOCAL_MODE", "").lower() == "true":
        return
    deadline = time.monotonic() + _NAMES_SECONDS
    for host in hosts:
        while not _resolves(host):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the name {host} does not resolve")
            time.sleep(0.1)


def _resolves(host: str) -> bool:
    try:
        socket.gethostbyname(host)
    except socket.gaierror:
        return False
    return True
