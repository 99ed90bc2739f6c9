"""Model training with the model trainer in an own image, of the SageMaker Python SDK's documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from sagemaker.core.helper.session_helper import Session
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import InputData, SourceCode

from tests.support.local_aws import IMAGE, LocalAws

pytestmark = pytest.mark.documented("SageMaker Python SDK v3: Model Training")

TRAIN = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--learning_rate", type=float)
arguments = parser.parse_args()
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAINING"], "data.csv").read_text().split()
pathlib.Path(os.environ["SM_MODEL_DIR"], "mean").write_text(str(sum(map(float, rows)) / len(rows)))
print(f"trained {arguments.epochs} epochs at {arguments.learning_rate} on {len(rows)} rows")
"""


def test_a_model_trainer_runs_a_script(
    aws: LocalAws, session: Session, role: str, told: pytest.LogCaptureFixture
) -> None:
    Path("source").mkdir()
    Path("source/train.py").write_text(TRAIN)
    data = aws.put("v3/train/data.csv", "1\n2\n6\n").rpartition("/")[0]
    trainer = ModelTrainer(
        training_image=IMAGE,
        source_code=SourceCode(source_dir="./source", entry_script="train.py"),
        hyperparameters={"epochs": 10, "learning_rate": 0.001},
        role=role,
        base_job_name="hp-dict-training",
        sagemaker_session=session,
    )
    trainer.train(input_data_config=[InputData(channel_name="training", data_source=data)])
    job = trainer._latest_training_job
    assert job.training_job_status == "Completed"
    assert "trained 10 epochs at 0.001 on 3 rows" in told.text
