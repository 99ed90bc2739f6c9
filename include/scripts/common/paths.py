"""Where SageMaker puts things. ``SAGEMAKER_BASE_DIR`` moves the whole tree away from ``/opt/ml``."""

import os
from pathlib import Path


def base() -> Path:
    """Root of the job's file tree, read at each call so that nothing is frozen at import."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def processing_input(name: str) -> Path:
    """Folder of one input of a processing job."""
    return base() / "processing" / "input" / name


def processing_output() -> Path:
    """Folder whose sub folders a processing job uploads as its outputs."""
    return base() / "processing" / "output"


def channel(name: str) -> Path:
    """Folder of one input channel of a training job."""
    return base() / "input" / "data" / name


def hyperparameters_file() -> Path:
    """JSON object of a training job's hyperparameters, every value a string."""
    return base() / "input" / "config" / "hyperparameters.json"


def resources_file() -> Path:
    """JSON object that names the instances of a training job and which of them this is."""
    return base() / "input" / "config" / "resourceconfig.json"


def model() -> Path:
    """Folder that becomes ``model.tar.gz`` of a training job."""
    return base() / "model"


def training_failure() -> Path:
    """Text that becomes the FailureReason of a failed training job."""
    return base() / "output" / "failure"


def processing_message() -> Path:
    """Text that becomes the ExitMessage of a processing job; there is no failure file for processing."""
    return base() / "output" / "message"


def if_there(path: Path) -> Path | None:
    """``path`` if it exists: what a job may have been given."""
    return path if path.exists() else None
