import json
from typing import Any

import pytest

from mlops_sagemaker import champions
from mlops_sagemaker.deployments import NOBODY
from mlops_sagemaker.errors import ApiError, UserError
from mlops_sagemaker.hook import LifecycleHook
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

URI = champions.uri_of("bucket", "abalone")
FIRST = {"champion": {"config_name": "one"}, "previous": None}
SECOND = {"champion": {"config_name": "two"}, "previous": {"config_name": "one"}}


def stored(aws: FakeAws) -> Any:
    return json.loads(aws.objects["bucket/abalone/champion.json"])


def test_before_anything_is_promoted_nobody_is_champion(aws: FakeAws) -> None:
    assert champions.read(LifecycleHook(), URI) == NOBODY


def test_the_champion_moves_as_a_whole(aws: FakeAws) -> None:
    hook = LifecycleHook()
    assert champions.move(hook, URI, lambda _: FIRST) == FIRST == stored(aws)
    assert champions.move(hook, URI, lambda before: SECOND if before == FIRST else {}) == SECOND == stored(aws)
    assert champions.read(hook, URI) == SECOND


def test_who_was_rolled_back_stays_known(aws: FakeAws) -> None:
    pointer = {**FIRST, "left": {"config_name": "two"}}
    champions.move(LifecycleHook(), URI, lambda _: pointer)
    assert champions.read(LifecycleHook(), URI) == pointer


def test_what_changes_nothing_writes_nothing(aws: FakeAws) -> None:
    hook = LifecycleHook()
    champions.move(hook, URI, lambda _: FIRST)
    aws.calls.clear()
    champions.move(hook, URI, dict)
    assert not aws.asked("PutObject")


@pytest.mark.parametrize("there", [None, FIRST], ids=["first", "later"])
def test_of_two_that_move_it_at_once_the_second_fails_and_writes_nothing(aws: FakeAws, there: Any) -> None:
    hook = LifecycleHook()
    if there:
        champions.move(hook, URI, lambda _: there)

    def meanwhile(_: Any) -> Any:
        champions.move(hook, URI, lambda _: SECOND)
        return {"champion": None, "previous": None, "mine": True}

    with pytest.raises(ApiError, match="PreconditionFailed"):
        champions.move(hook, URI, meanwhile)
    assert stored(aws) == SECOND


@pytest.mark.parametrize("content", [b"", b"[]", b"{}"])
def test_a_damaged_pointer_is_nobodys_default(aws: FakeAws, content: bytes) -> None:
    aws.objects["bucket/abalone/champion.json"] = content
    with pytest.raises(UserError, match=r"champion\.json does not say who the champion is"):
        champions.read(LifecycleHook(), URI)
