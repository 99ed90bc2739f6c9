"""Every request that starts machines or keeps a model is given network and key, where botocore's model has them."""

from typing import Any

import pytest
from botocore.model import OperationModel, StructureShape
from botocore.session import get_session

from mlops_sagemaker.errors import UserError
from mlops_sagemaker.jobs import KINDS
from mlops_sagemaker.placement import KEYS, NETWORKS, Path, Placement, read
from mlops_sagemaker.resources import ENDPOINT_CONFIG, MODEL

PLACEMENT = Placement(("subnet-1",), ("sg-1",), "key")
NETWORK = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
PLACED = {*(kind.create for kind in KINDS.values()), MODEL.create, ENDPOINT_CONFIG.create}


def operation(create: str) -> OperationModel:
    name = "".join(part.title() for part in create.split("_"))
    return get_session().get_service_model("sagemaker").operation_model(name)


def at(request: Any, path: Path) -> Any:
    for name in path:
        request = request[name]
    return request


def test_every_kind_that_is_created_is_in_one_of_the_tables() -> None:
    assert NETWORKS.keys() | KEYS.keys() == PLACED


@pytest.mark.parametrize(
    ("create", "path"), [*NETWORKS.items(), *((name, path) for name in KEYS for path in KEYS[name])]
)
def test_the_api_has_every_place(create: str, path: Path) -> None:
    shape = operation(create).input_shape
    for name in path:
        assert isinstance(shape, StructureShape)
        shape = shape.members[name]


@pytest.mark.parametrize("create", sorted(PLACED))
def test_network_and_keys_are_added(create: str) -> None:
    placed = PLACEMENT.applied(create, {"DataCaptureConfig": {"EnableCapture": True}})
    if create in NETWORKS:
        assert at(placed, NETWORKS[create]) == NETWORK
    for path in KEYS.get(create, ()):
        assert at(placed, path) == "key"


def test_what_the_request_says_itself_stays() -> None:
    request = {"VpcConfig": {"Subnets": ["other"]}, "ResourceConfig": {"VolumeKmsKeyId": "other", "InstanceCount": 1}}
    placed = PLACEMENT.applied("create_training_job", request)
    assert placed == {**request, "OutputDataConfig": {"KmsKeyId": "key"}}


def test_a_part_that_a_request_need_not_have_is_not_made_up() -> None:
    assert PLACEMENT.applied("create_endpoint_config", {}) == {"KmsKeyId": "key"}


def test_without_settings_nothing_is_added() -> None:
    assert read("", " ", "") == Placement()
    assert Placement().applied("create_training_job", {"RoleArn": "r"}) == {"RoleArn": "r"}


@pytest.mark.parametrize(("subnets", "security_groups"), [("subnet-1", " "), ("", "sg-1")])
def test_half_a_network_is_refused_and_not_taken_for_none(subnets: str, security_groups: str) -> None:
    with pytest.raises(UserError, match=r"nightshift\.subnets .* nightshift\.security_groups .*; set both, or neither"):
        read(subnets, security_groups, "")


def test_ids_are_separated_by_commas() -> None:
    assert read("subnet-1, subnet-2", "sg-1", " key ") == Placement(("subnet-1", "subnet-2"), ("sg-1",), "key")
