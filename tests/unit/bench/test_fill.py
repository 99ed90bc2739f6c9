"""Copies of a job are jobs of their own: found, listed and searched by their own names and times."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import fill, jobs
from sagemaker_local import state
from sagemaker_local.domain.jobs import TRAINING
from sagemaker_local.execution import records
from sagemaker_local.store import Store

pytestmark = pytest.mark.local_only


def test_copies_differ_in_name_and_time_and_in_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path / state.DATABASE)
    original = {
        **jobs.request("template"), "TrainingJobArn": fill.SCOPE.arn("training-job", "template"),
        "TrainingJobStatus": "Completed", "CreationTime": 1000.0, "LastModifiedTime": 1001.0,
    }  # fmt: skip
    store.insert(TRAINING.resource_type, fill.SCOPE, original, records.facets(TRAINING, original))
    store.close()

    fill.main(tmp_path, "template", 3)

    store = Store(tmp_path / state.DATABASE)
    copies = [store.get(TRAINING.resource_type, fill.SCOPE, jobs.name(number)) for number in range(3)]
    store.close()
    assert [copy and copy["CreationTime"] for copy in copies] == [1000.0, 1060.0, 1120.0]
    assert copies[2] == {
        **original, "TrainingJobName": jobs.name(2), "TrainingJobArn": fill.SCOPE.arn("training-job", jobs.name(2)),
        "CreationTime": 1120.0, "LastModifiedTime": 1121.0,
    }  # fmt: skip
