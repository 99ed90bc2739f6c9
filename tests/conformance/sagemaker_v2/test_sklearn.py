"""Data processing, script-mode training and evaluation with scikit-learn, of SageMaker's example notebooks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import sagemaker
from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

from tests.conformance import data
from tests.support.local_aws import LocalAws

pytestmark = pytest.mark.documented("amazon-sagemaker-examples: scikit_learn_data_processing_and_model_evaluation")

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def input_data(aws: LocalAws) -> str:
    return aws.put("v2/sklearn/abalone.csv", data.csv(data.abalone()))


@pytest.fixture(autouse=True)
def scripts() -> None:
    """The notebook's scripts lie beside it."""
    for script in SCRIPTS.glob("*.py"):
        shutil.copy(script, script.name)


def test_data_are_processed_a_model_is_trained_and_evaluated(
    aws: LocalAws, session: sagemaker.Session, role: str, input_data: str
) -> None:
    sklearn_processor = SKLearnProcessor(
        framework_version="1.2-1",
        role=role,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        sagemaker_session=session,
    )
    sklearn_processor.run(
        code="preprocessing.py",
        inputs=[ProcessingInput(source=input_data, destination="/opt/ml/processing/input")],
        outputs=[
            ProcessingOutput(output_name="train_data", source="/opt/ml/processing/train"),
            ProcessingOutput(output_name="test_data", source="/opt/ml/processing/test"),
        ],
        arguments=["--train-test-split-ratio", "0.2"],
    )
    preprocessing_job_description = sklearn_processor.jobs[-1].describe()
    output_config = preprocessing_job_description["ProcessingOutputConfig"]
    uris = {output["OutputName"]: output["S3Output"]["S3Uri"] for output in output_config["Outputs"]}

    sklearn = SKLearn(
        entry_point="train.py",
        framework_version="1.2-1",
        instance_type="ml.m5.xlarge",
        role=role,
        hyperparameters={"n-estimators": 20, "min-samples-leaf": 2},
        metric_definitions=[{"Name": "train:r2", "Regex": "train-r2: ([0-9.]+)"}],
        sagemaker_session=session,
    )
    sklearn.fit({"train": uris["train_data"]})
    training_job_description = sklearn.jobs[-1].describe()
    model_data_s3_uri = "{}{}/{}".format(
        training_job_description["OutputDataConfig"]["S3OutputPath"],
        training_job_description["TrainingJobName"],
        "output/model.tar.gz",
    )
    assert model_data_s3_uri == sklearn.model_data
    assert training_job_description["FinalMetricDataList"][0]["Value"] > 0.5

    sklearn_processor.run(
        code="evaluation.py",
        inputs=[
            ProcessingInput(source=model_data_s3_uri, destination="/opt/ml/processing/model"),
            ProcessingInput(source=uris["test_data"], destination="/opt/ml/processing/test"),
        ],
        outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
    )
    evaluation_job_description = sklearn_processor.jobs[-1].describe()
    output = evaluation_job_description["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    report = json.loads(aws.read(f"{output}/evaluation.json"))
    assert 0.3 < report["r2"] < 0.8


def test_a_framework_processor_runs_a_script_with_the_folder_that_it_lies_in(
    aws: LocalAws, session: sagemaker.Session, role: str, input_data: str
) -> None:
    Path("code").mkdir()
    Path("code/helper.py").write_text("def shout(text):\n    return text.upper()\n")
    Path("code/processing-script.py").write_text("import helper\nprint(helper.shout('well done'))\n")
    processor = FrameworkProcessor(
        estimator_cls=SKLearn,
        framework_version="1.2-1",
        role=role,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        base_job_name="frameworkprocessor",
        sagemaker_session=session,
    )
    processor.run(
        code="processing-script.py",
        source_dir="code",
        inputs=[ProcessingInput(input_name="data", source=input_data, destination="/opt/ml/processing/input/data/")],
        outputs=[ProcessingOutput(output_name="processed", source="/opt/ml/processing/output/processed")],
    )
    assert "WELL DONE" in aws.log_lines("ProcessingJobs", processor.latest_job.job_name)
