"""A processing job with scikit-learn, of the SDK's example notebook."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output

from tests.conformance import data
from tests.support.local_aws import LocalAws, unique

pytestmark = pytest.mark.documented("SageMaker Python SDK v3: v3-processing-job-sklearn")

PREPROCESS = Path(__file__).parents[1] / "scripts" / "preprocess.py"


@pytest.fixture
def image(session: Session) -> str:
    return image_uris.retrieve(
        framework="sklearn",
        region=session.boto_region_name,
        version="1.2-1",
        py_version="py3",
        instance_type="ml.m5.xlarge",
    )


def test_a_script_prepares_data_in_the_scikit_learn_image(
    aws: LocalAws, session: Session, role: str, image: str
) -> None:
    Path("code").mkdir()
    shutil.copy(PREPROCESS, "code/preprocess.py")
    input_data = aws.put("v3/processing/abalone.csv", data.csv(data.abalone()))
    prefix = unique("pipeline-v3")
    sklearn_processor = ScriptProcessor(
        image_uri=image,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        base_job_name="v3-job-sklearn-preprocess-job",
        sagemaker_session=session,
        role=role,
    )
    sklearn_processor.run(
        inputs=[
            ProcessingInput(
                input_name="input-1",
                s3_input=ProcessingS3Input(
                    s3_uri=input_data,
                    local_path="/opt/ml/processing/input",
                    s3_data_type="S3Prefix",
                    s3_input_mode="File",
                    s3_data_distribution_type="ShardedByS3Key",
                ),
            )
        ],
        outputs=[
            ProcessingOutput(
                output_name=name,
                s3_output=ProcessingS3Output(
                    s3_uri=f"s3://{session.default_bucket()}/{prefix}/{name}",
                    local_path=f"/opt/ml/processing/{name}",
                    s3_upload_mode="EndOfJob",
                ),
            )
            for name in ("train", "validation", "test")
        ],
        code="code/preprocess.py",
        arguments=["--input-data", input_data],
    )
    parts = {name: aws.read(f"s3://{session.default_bucket()}/{prefix}/{name}/{name}.csv") for name in
             ("train", "validation", "test")}  # fmt: skip
    assert [len(part.splitlines()) for part in parts.values()] == [2923, 627, 627]


def test_a_framework_processor_runs_a_script_with_the_folder_that_it_lies_in(
    aws: LocalAws, session: Session, role: str, image: str
) -> None:
    Path("code").mkdir()
    Path("code/helper.py").write_text("def shout(text):\n    return text.upper()\n")
    Path("code/process.py").write_text("import helper\nprint(helper.shout('well done'))\n")
    processor = FrameworkProcessor(
        image_uri=image,
        command=["python3"],
        role=role,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        base_job_name="frameworkprocessor",
        sagemaker_session=session,
    )
    processor.run(code="process.py", source_dir="code", inputs=[], outputs=[])
    assert "WELL DONE" in aws.log_lines("ProcessingJobs", processor.latest_job.processing_job_name)
