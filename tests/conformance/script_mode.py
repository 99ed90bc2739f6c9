"""A script in the scikit-learn image, as one says by the API alone: hyperparameters name the program and its code."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conformance import data
from tests.support.hosting import archive
from tests.support.local_aws import BUCKET, LocalAws

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
TRAIN = Path(__file__).parent / "scripts" / "train.py"
DATA = f"s3://{BUCKET}/script-mode/data"


def hyperparameters(aws: LocalAws) -> dict[str, str]:
    """The request's hyperparameters; its code and, at ``DATA``, its channel *train* are in S3 by then."""
    rows = [line.partition(",") for line in data.label_first(data.abalone()[:200]).splitlines()]
    aws.put("script-mode/data/train_features.csv", "\n".join(features for _, _, features in rows))
    aws.put("script-mode/data/train_labels.csv", "\n".join(label for label, _, _ in rows))
    code = aws.put("script-mode/sourcedir.tar.gz", archive({"train.py": TRAIN.read_bytes()}))
    named = {"sagemaker_program": "train.py", "sagemaker_submit_directory": code, "n-estimators": 5}
    return {name: json.dumps(value) for name, value in named.items()}
