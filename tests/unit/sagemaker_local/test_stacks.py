"""What stacks make is theirs from its first moment on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sagemaker_local.domain import stacks
from sagemaker_local.domain.arns import Scope
from sagemaker_local.stacks import Resource
from sagemaker_local.store import Store

SCOPE = Scope("000000000000", "us-east-1")
ARN = SCOPE.arn("model", "m")
STACK = {"aws:cloudformation:stack-id": "s", "aws:cloudformation:logical-id": "Model"}
PROPERTIES = {"ExecutionRoleArn": "r", "Tags": [{"Key": key, "Value": value} for key, value in STACK.items()]}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db")
    yield store
    store.close()


def resource(store: Store, create_model: Any) -> Resource:
    """Models, of which *create_model* makes each."""
    aws: Any = SimpleNamespace(client=lambda *_: SimpleNamespace(create_model=create_model))
    return Resource(stacks.MODEL, aws, store)


def test_a_server_that_ends_as_soon_as_a_resource_is_there_finds_whose_it_is(store: Store) -> None:
    def ends(**_: Any) -> None:
        assert store.tags(ARN) == STACK
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resource(store, ends).create(SCOPE, "m", PROPERTIES)
    assert store.tagged("aws:cloudformation:stack-id", "s") == [ARN]


def test_nothing_is_a_stacks_that_it_could_not_make(store: Store) -> None:
    def refuses(**_: Any) -> None:
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        resource(store, refuses).create(SCOPE, "m", PROPERTIES)
    assert store.tags(ARN) == {}


def test_what_was_there_before_stays_whose_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_taken(**_: Any) -> None:
        assert store.tags(ARN) == {"aws:cloudformation:stack-id": "another"}
        raise ValueError("taken")

    store.put_tags(ARN, {"aws:cloudformation:stack-id": "another"})
    monkeypatch.setattr(Resource, "_record", lambda *_: {"ModelArn": ARN})
    with pytest.raises(ValueError, match="taken"):
        resource(store, is_taken).create(SCOPE, "m", PROPERTIES)
    assert store.tags(ARN) == {"aws:cloudformation:stack-id": "another"}
