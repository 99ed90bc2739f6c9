"""What is not there: the code and the message of every operation that names a resource."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.operations import all_operations
from tests.contract.refusals import refused
from tests.support.fuzzing.fixtures import world  # noqa: F401 - a fixture
from tests.support.fuzzing.recipes import recipe_of
from tests.support.fuzzing.world import World
from tests.support.local_aws import ACCOUNT, REGION

VERBS = ("Describe", "Get", "Update", "Stop", "Delete", "Put")
# Of a resource that another member names (tags), or of none at all.
ELSEWHERE = {"DeleteTags", "GetSearchSuggestions"}


def arn(resource: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{resource}"


TRAINING = ({"TrainingJobName": "absent"}, "ValidationException", "Requested resource not found.")
TRANSFORM = (
    {"TransformJobName": "absent"},
    "ValidationException",
    "Could not find requested job with name: absent",
)
TUNING = (
    {"HyperParameterTuningJobName": "absent"},
    "ResourceNotFound",
    "Amazon SageMaker can't find a tuning job with the name absent. Check the name and retry.",
)
PROCESSING = (
    {"ProcessingJobName": "absent"},
    "ValidationException",
    "Could not find requested job with name: absent",
)
GROUP = (
    {"ModelPackageGroupName": "absent"},
    "ValidationException",
    f"ModelPackageGroup {arn('model-package-group/absent')} does not exist.",
)
GROUP_OF_POLICY = (
    {"ModelPackageGroupName": "absent"},
    "ValidationException",
    f"Cannot find Model Package Group: {arn('model-package-group/absent')}",
)
PACKAGE = (
    {"ModelPackageName": arn("model-package/absent/1")},
    "ValidationException",
    f"ModelPackage {arn('model-package/absent/1')} does not exist.",
)
CARD = ({"ModelCardName": "absent"}, "ResourceNotFound", f"Model card {arn('model-card/absent')} does not exist.")
MODEL = ({"ModelName": "absent"}, "ValidationException", f'Could not find model "{arn("model/absent")}".')
CONFIG = (
    {"EndpointConfigName": "absent"},
    "ValidationException",
    f'Could not find endpoint configuration "{arn("endpoint-config/absent")}".',
)
ENDPOINT = ({"EndpointName": "absent"}, "ValidationException", f'Could not find endpoint "{arn("endpoint/absent")}".')
CAPACITY = {"DesiredWeightsAndCapacities": [{"VariantName": "v"}]}

MISSING: dict[str, tuple[dict[str, Any], str, str]] = {
    "DescribeTrainingJob": TRAINING,
    "StopTrainingJob": TRAINING,
    "DeleteTrainingJob": TRAINING,
    "DescribeProcessingJob": PROCESSING,
    "StopProcessingJob": PROCESSING,
    "DeleteProcessingJob": PROCESSING,
    "DescribeTransformJob": TRANSFORM,
    "StopTransformJob": TRANSFORM,
    "DescribeHyperParameterTuningJob": TUNING,
    "StopHyperParameterTuningJob": TUNING,
    "DeleteHyperParameterTuningJob": TUNING,
    "DescribeModelPackageGroup": GROUP,
    "DeleteModelPackageGroup": GROUP,
    "PutModelPackageGroupPolicy": ({**GROUP_OF_POLICY[0], "ResourcePolicy": "{}"}, *GROUP_OF_POLICY[1:]),
    "GetModelPackageGroupPolicy": GROUP_OF_POLICY,
    "DeleteModelPackageGroupPolicy": GROUP_OF_POLICY,
    "DescribeModelPackage": PACKAGE,
    "UpdateModelPackage": ({"ModelPackageArn": arn("model-package/absent/1")}, *PACKAGE[1:]),
    "DeleteModelPackage": PACKAGE,
    "DescribeModel": MODEL,
    "DeleteModel": MODEL,
    "DescribeEndpointConfig": CONFIG,
    "DeleteEndpointConfig": CONFIG,
    "DescribeEndpoint": ENDPOINT,
    "UpdateEndpoint": ({**ENDPOINT[0], "EndpointConfigName": "absent"}, *ENDPOINT[1:]),
    "UpdateEndpointWeightsAndCapacities": ({**ENDPOINT[0], **CAPACITY}, *ENDPOINT[1:]),
    "DeleteEndpoint": ENDPOINT,
    "DescribeModelCard": CARD,
    "UpdateModelCard": ({**CARD[0], "ModelCardStatus": "Draft"}, *CARD[1:]),
    "DeleteModelCard": CARD,
}


@pytest.mark.local_only
def test_every_operation_on_a_resource_is_in_the_table() -> None:
    named = {name for name in all_operations() if name.startswith(VERBS)} - ELSEWHERE
    assert named == MISSING.keys(), f"say in MISSING what {sorted(named ^ MISSING.keys())} answer for what is not there"


@pytest.mark.documented("API reference: errors; messages as observed in public")
@pytest.mark.parametrize("operation", MISSING)
def test_what_is_not_there_is_told_as_aws_tells_it(sm: Any, operation: str) -> None:
    request, code, message = MISSING[operation]
    assert refused(lambda **members: sm._make_api_call(operation, members), **request) == (code, message)


@pytest.mark.documented("ARNs hold the account: a name is unique within one, and nothing is seen from another")
@pytest.mark.parametrize("operation", MISSING)
def test_what_is_another_accounts_is_not_there(world: World, operation: str) -> None:  # noqa: F811 - the fixture
    request = recipe_of(operation).request(world)
    answer = world.call_as_another_account(operation, request)
    assert (answer.status, answer.code) == (400, MISSING[operation][1])
    assert world.call(operation, request).status == 200
