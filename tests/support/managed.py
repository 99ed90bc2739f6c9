"""Jobs on the images that AWS maintains."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

from tests.support.local_aws import BUCKET, LocalAws, training_request, unique

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.0-5"


def archive_of(files: dict[str, str | bytes]) -> bytes:
    """A ``.tar.gz`` of *files*, as the SDK makes of a ``source_dir``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            body = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


def quoted(values: dict[str, Any]) -> dict[str, str]:
    """Hyperparameters as the SDK sends them: each as JSON."""
    return {key: json.dumps(value) for key, value in values.items()}


def managed_request(name: str, image: str, **overrides: Any) -> dict[str, Any]:
    """A CreateTrainingJob request for one of these images, without an entry point of its own."""
    return training_request(
        name, "", **{"AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"}, **overrides}
    )


def train_managed(aws: LocalAws, image: str, **overrides: Any) -> dict[str, Any]:
    """The finished training job."""
    name = overrides.pop("TrainingJobName", unique("managed"))
    aws.sagemaker.create_training_job(**managed_request(name, image, **overrides))
    return aws.trained(name)


def train_script(
    aws: LocalAws, files: dict[str, str | bytes], program: str, image: str = SCIKIT_LEARN, **overrides: Any
) -> dict[str, Any]:
    """The finished training job of *program* in a source archive of *files*, asked for as the SDK asks."""
    name = unique("script")
    source = aws.put(f"{name}/source/sourcedir.tar.gz", archive_of(files))
    hyperparameters = {
        **quoted({"sagemaker_program": program, "sagemaker_submit_directory": source}),
        **overrides.pop("HyperParameters", {}),
    }
    return train_managed(aws, image, TrainingJobName=name, HyperParameters=hyperparameters, **overrides)


def artifact(aws: LocalAws, job: dict[str, Any], name: str = "model.tar.gz") -> dict[str, bytes]:
    """The files of a finished job's model, or of another archive beside it."""
    uri = f"s3://{BUCKET}/models/{job['TrainingJobName']}/output/{name}"
    with tarfile.open(fileobj=io.BytesIO(aws.read(uri))) as tar:
        return {
            member.name: tar.extractfile(member).read()  # type: ignore[union-attr]
            for member in tar.getmembers()
            if member.isfile()
        }
