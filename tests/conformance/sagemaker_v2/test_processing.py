"""Amazon SageMaker Processing, of the SageMaker Python SDK's documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
import sagemaker
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor

from tests.support.local_aws import IMAGE, LocalAws

pytestmark = pytest.mark.documented("SageMaker Python SDK v2: Amazon SageMaker Processing")

SPLITS = """
import argparse, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--train-test-split-ratio", type=float)
ratio = parser.parse_args().train_test_split_ratio
folder = pathlib.Path("/opt/ml/processing")
rows = (folder / "input/data.csv").read_text().splitlines()
cut = int(len(rows) * ratio)
(folder / "test/test.csv").write_text("\\n".join(rows[:cut]))
(folder / "train/train.csv").write_text("\\n".join(rows[cut:]))
print(f"{cut} of {len(rows)} rows are for testing")
"""


def test_a_script_processor_runs_a_script_in_an_own_image(
    aws: LocalAws, session: sagemaker.Session, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("preprocessing.py").write_text(SPLITS)
    data = aws.put("v2/processing/data.csv", "\n".join(map(str, range(10))))
    processor = ScriptProcessor(
        base_job_name="preprocessor",
        image_uri=IMAGE,
        command=["python3"],
        role=role,
        instance_count=1,
        instance_type="ml.r5.xlarge",
        max_runtime_in_seconds=1200,
        env={"mode": "python"},
        sagemaker_session=session,
    )
    processor.run(
        code="preprocessing.py",
        inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
        outputs=[
            ProcessingOutput(output_name="train_data", source="/opt/ml/processing/train"),
            ProcessingOutput(output_name="test_data", source="/opt/ml/processing/test"),
        ],
        arguments=["--train-test-split-ratio", "0.2"],
    )
    description = processor.jobs[-1].describe()
    assert description["ProcessingJobStatus"] == "Completed"
    outputs = {one["OutputName"]: one["S3Output"]["S3Uri"] for one in description["ProcessingOutputConfig"]["Outputs"]}
    assert aws.read(f"{outputs['train_data']}/train.csv").split() == [str(row).encode() for row in range(2, 10)]
    assert aws.read(f"{outputs['test_data']}/test.csv").split() == [b"0", b"1"]
    assert "2 of 10 rows are for testing" in capsys.readouterr().out
