"""What the operator reads of a processing job's output: of the provider since Airflow 3.3.1's."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator

from mlops_sagemaker.gates import Policy
from mlops_sagemaker.operators.gate import MetricGateOperator
from mlops_sagemaker.rules import Threshold
from tests.provider.tasks import INTERVAL, run
from tests.support.local_aws import BUCKET, processing_output, processing_request, unique

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMakerProcessingOperator")

WRITES = "import json; json.dump({'mse': 4.25}, open('/opt/ml/processing/out/metrics.json', 'w'))"


def test_small_files_of_the_output_come_with_the_result(deferrable: bool) -> None:
    output = processing_output("out", f"s3://{BUCKET}/{unique('provider')}")
    operator = SageMakerProcessingOperator(
        task_id="process",
        config=processing_request(unique("processing"), WRITES, ProcessingOutputConfig={"Outputs": [output]}),
        check_interval=INTERVAL,
        deferrable=deferrable,
        output_files_to_xcom=[
            {"output_name": "out", "file_name": "metrics.json", "result_name": "Report"},
            {"output_name": "out", "file_name": "none.json", "result_name": "Missing"},
        ],
    )
    files = run(operator)["OutputFiles"]
    assert files["Report"] == {"mse": 4.25}
    assert list(files["Missing"]) == ["_error"]


def stock_reads(folder: str) -> Any:
    """The provider's operator, over a job that writes nothing."""
    return SageMakerProcessingOperator(
        task_id="process",
        config=processing_request(
            unique("j"), "", ProcessingOutputConfig={"Outputs": [processing_output("out", folder)]}
        ),
        check_interval=INTERVAL,
        output_files_to_xcom=[{"output_name": "out", "file_name": "report.json", "result_name": "Report"}],
    )


def own_reads(folder: str) -> Any:
    """Our gate, the one operator that reads a file of a job's output."""
    policy = Policy(metric="mse", rules=(Threshold(metric="mse", bound=5.0),))
    report, record = f"{folder}/report.json", f"{folder}/gate.json"
    return MetricGateOperator(task_id="gate", policy=policy, threshold="", champion="", report=report, record=record)


@pytest.mark.parametrize("reads", [stock_reads, own_reads])
def test_a_report_that_is_missing_goes_unnoticed(reads: Any) -> None:
    """Defect 15, as those of `test_defects_of_jobs.py`."""
    told = run(reads(f"s3://{BUCKET}/{unique('empty')}"))
    assert ("passed" not in told) is (reads is stock_reads)
    assert told.get("passed", True) is (reads is stock_reads)
