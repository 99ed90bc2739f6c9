"""What the operator reads of a processing job's output: of the provider since Airflow 3.3.1's."""

from __future__ import annotations

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator

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
