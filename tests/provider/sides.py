"""The provider's operator and ours for the same request: a defect shows at the first, and must not at the second."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerProcessingOperator,
    SageMakerTrainingOperator,
    SageMakerTransformOperator,
    SageMakerTuningOperator,
)

from mlops_sagemaker.jobs import KINDS
from mlops_sagemaker.operators.jobs import (
    SageMakerProcessingJobOperator,
    SageMakerTrainingJobOperator,
    SageMakerTransformJobOperator,
    SageMakerTuningJobOperator,
)
from tests.provider.tasks import INTERVAL

STOCK = {
    "processing": SageMakerProcessingOperator,
    "training": SageMakerTrainingOperator,
    "tuning": SageMakerTuningOperator,
    "transform": SageMakerTransformOperator,
}
OWN = {
    "processing": SageMakerProcessingJobOperator,
    "training": SageMakerTrainingJobOperator,
    "tuning": SageMakerTuningJobOperator,
    "transform": SageMakerTransformJobOperator,
}


@dataclass(frozen=True)
class Request:
    """A request as our operators take it, of boto3's own arguments."""

    content: Mapping[str, Any]
    max_runtime: timedelta = timedelta(minutes=10)

    def request(self) -> dict[str, Any]:
        """The arguments but the name."""
        return dict(self.content)


class Stock:
    """The amazon provider's operators, as they come."""

    has_the_defect = True

    def job(
        self, kind: str, config: dict[str, Any], deferred: bool = False, interval: float = INTERVAL, **arguments: Any
    ) -> Any:
        """An operator that runs the job *config*; *deferred*: it waits for it in the triggerer; *interval*: seconds."""
        if kind == "training":
            arguments = {"print_log": False, **arguments}
        return STOCK[kind](task_id=kind, config=dict(config), deferrable=deferred, check_interval=interval, **arguments)

    def timed_out(self, kind: str, config: dict[str, Any], seconds: float) -> Any:
        """An operator that gives the job so long."""
        return self.job(kind, config, max_ingestion_time=seconds)

    def model(self, result: Any) -> str:
        """Where the result says that the model lies."""
        return str(result["Training"]["ModelArtifacts"]["S3ModelArtifacts"])

    def billable_seconds(self, result: Any, printed: str) -> int:
        """What the task says that the job costs."""
        (seconds,) = re.findall(r"Billable seconds: (\d+)", printed)
        return int(seconds)


class Own:
    """The operators of this project."""

    has_the_defect = False

    def job(
        self, kind: str, config: dict[str, Any], deferred: bool = False, interval: float = INTERVAL, **arguments: Any
    ) -> Any:
        """As of `Stock`; the name in *config* names the task, so that the job's own name holds it too."""
        name_key = KINDS[kind].name_key
        request = Request({key: value for key, value in config.items() if key != name_key})
        waits = timedelta(0) if deferred else timedelta(minutes=5)
        return OWN[kind](
            task_id=config[name_key],
            job=request,
            worker_wait=waits,
            poll_interval=timedelta(seconds=interval),
            **arguments,
        )

    def timed_out(self, kind: str, config: dict[str, Any], seconds: float) -> Any:
        """As of `Stock`."""
        return self.job(kind, config, execution_timeout=timedelta(seconds=seconds))

    def model(self, result: Any) -> str:
        """As of `Stock`."""
        return str(result["model_data"])

    def billable_seconds(self, result: Any, printed: str) -> int:
        """As of `Stock`."""
        return int(result["billable_seconds"])


Side = Stock | Own


def as_xcom(result: Any) -> str:
    """What a task's result is in Airflow's database; fails if it is not JSON."""
    return json.dumps(result, allow_nan=False)
