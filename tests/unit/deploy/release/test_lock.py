"""One deployment at a time, by what S3 lets only one writer make."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.release import lock
from deploy.release.lock import KEY, Lock, held


@pytest.fixture
def versioned(s3: Any, bucket: str) -> str:
    """As MWAA's bucket is."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def keys(s3: Any, bucket: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def leave(s3: Any, bucket: str, hours: float) -> None:
    """What a killed deployment leaves, which ends in so many hours."""
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    s3.put_object(Bucket=bucket, Key=KEY, Body=Lock("jo", "2026-01-01T00:00:00+00:00", until.isoformat()).encode())


def test_a_second_deployment_is_refused_and_told_who_and_how_to_break_it(s3: Any, versioned: str) -> None:
    with (
        held(s3, versioned, "ann at home"),
        pytest.raises(Failure, match=rf"ann at home has been .* aws s3 rm s3://{versioned}/{KEY}"),
        held(s3, versioned, "bob"),
    ):
        raise AssertionError("both deploy")


def test_it_is_given_back_also_by_one_that_fails_and_can_be_had_again(s3: Any, versioned: str) -> None:
    def fail() -> None:
        with held(s3, versioned, "ann"):
            assert keys(s3, versioned) == [KEY]
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            fail()
        assert keys(s3, versioned) == []


def test_that_of_a_killed_one_lasts_until_it_runs_out(s3: Any, versioned: str) -> None:
    leave(s3, versioned, hours=1)
    with pytest.raises(Failure, match="jo has been deploying"), held(s3, versioned, "ann"):
        pass
    leave(s3, versioned, hours=-1)
    with held(s3, versioned, "ann"):
        assert b"ann" in s3.get_object(Bucket=versioned, Key=KEY)["Body"].read()


def test_of_two_that_take_over_one_gets_it(s3: Any, versioned: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(s3, versioned, hours=-1)
    read = lock._read

    def another_first(*given: Any) -> Any:
        found = read(*given)
        leave(s3, versioned, hours=1)
        return found

    monkeypatch.setattr(lock, "_read", another_first)
    with pytest.raises(Failure, match="somebody else has just begun"), held(s3, versioned, "ann"):
        pass


def test_one_that_has_run_out_is_not_taken_from_who_has_it_now(s3: Any, versioned: str) -> None:
    with held(s3, versioned, "ann"):
        leave(s3, versioned, hours=1)
    assert keys(s3, versioned) == [KEY]


def test_the_owner_is_the_run_of_a_workflow_or_a_person() -> None:
    names = {"SERVER_URL": "https://github.com", "REPOSITORY": "o/n", "RUN_ID": "7"}
    environ = {f"GITHUB_{name}": value for name, value in names.items()}
    assert lock.owner(environ) == "https://github.com/o/n/actions/runs/7"
    assert " at " in lock.owner({})
