"""The errors of a plan are completed as AWS has them."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain.faults.effects import Error
from sagemaker_local.domain.faults.errors import completed

TRAINING = {"ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 4}}
PROCESSING = {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}}}
ENDPOINT = {"ProductionVariants": [{"VariantName": "a", "InstanceType": "ml.c5.large", "InitialInstanceCount": 3}]}


@pytest.mark.parametrize(
    ("operation", "request_", "limit", "delta"),
    [
        ("CreateTrainingJob", TRAINING, "ml.p3.2xlarge for training job usage", 4),
        (
            "CreateTrainingJob",
            {**TRAINING, "EnableManagedSpotTraining": True},
            "ml.p3.2xlarge for spot training job usage",
            4,
        ),
        ("CreateProcessingJob", PROCESSING, "ml.m5.large for processing job usage", 2),
        ("CreateEndpoint", ENDPOINT, "ml.c5.large for endpoint usage", 3),
    ],
)
def test_a_quotas_text_names_the_instances_that_are_asked_for(
    operation: str, request_: dict[str, Any], limit: str, delta: int
) -> None:
    error = completed(Error("ResourceLimitExceeded"), operation, request_)
    assert error.status == 400
    assert error.message == (
        f"The account-level service limit '{limit}' is 0 Instances, with current utilization of 0 Instances and a "
        f"request delta of {delta} Instances. Please use AWS Service Quotas to request an increase for this quota. "
        "If AWS Service Quotas is not available, contact AWS support to request an increase for this quota."
    )


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (Error("ThrottlingException"), "Rate exceeded", 400),
        (Error("InternalFailure"), "The request processing has failed", 500),
        (Error("ServiceUnavailable"), "The request has failed due to a temporary failure", 503),
        (Error("AccessDeniedException"), "AccessDeniedException by the fault plan", 400),
        (Error("AccessDeniedException", "User: x is not authorized", 403), "User: x is not authorized", 403),
        (Error("ThrottlingException", "slowly"), "slowly", 400),
    ],
)
def test_what_the_plan_leaves_out_is_as_aws_has_it(error: Error, message: str, status: int) -> None:
    answer = completed(error, "DescribeTrainingJob", {})
    assert (answer.code, answer.status) == (error.code, status)
    assert answer.message.startswith(message)
