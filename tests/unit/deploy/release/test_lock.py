"""One deployment at a time, by what S3 lets only one writer make."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from deploy.errors import Failure
from deploy.release import lock
from deploy.release.lock import KEY, Hold, Lock
from tests.support.local_aws import LocalAws


@pytest.fixture
def versioned(s3: Any, bucket: str) -> str:
    """As MWAA's bucket is."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture
def said() -> list[str]:
    """What was told besides."""
    return []


@pytest.fixture
def held(s3: Any, versioned: str, said: list[str]) -> Callable[[str], AbstractContextManager[Hold]]:
    return lambda owner: lock.held(s3, versioned, owner, said.append)


@contextmanager
def answer_lost(s3: Any, operation: str) -> Iterator[None]:
    """The first request of an operation is granted, and its client never hears of that."""
    lost: list[str] = []

    def send(request: Any, **_: Any) -> AWSResponse | None:
        if lost:
            return None
        lost.append(request.url)
        s3._endpoint.http_session.send(request)
        return AWSResponse(request.url, 500, {}, Empty())

    s3.meta.events.register(f"before-send.s3.{operation}", send)
    try:
        yield
        assert lost
    finally:
        s3.meta.events.unregister(f"before-send.s3.{operation}", send)


class Empty:
    """A body of nothing."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        return iter(())


def keys(s3: Any, bucket: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def leave(s3: Any, bucket: str, hours: float) -> None:
    """What a killed deployment leaves, which ends in so many hours."""
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    left = Lock("jo", "2026-01-01T00:00:00+00:00", until.isoformat(), "1")
    s3.put_object(Bucket=bucket, Key=KEY, Body=left.encode())


Held = Callable[[str], AbstractContextManager[Hold]]


def test_a_second_deployment_is_refused_and_told_who_and_how_to_break_it(versioned: str, held: Held) -> None:
    with (
        held("ann at home"),
        pytest.raises(Failure, match=rf"ann at home has been .* aws s3 rm s3://{versioned}/{KEY}"),
        held("bob"),
    ):
        raise AssertionError("both deploy")


def test_it_is_given_back_also_by_one_that_fails_and_can_be_had_again(s3: Any, versioned: str, held: Held) -> None:
    def fail() -> None:
        with held("ann"):
            assert keys(s3, versioned) == [KEY]
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            fail()
        assert keys(s3, versioned) == []


def test_that_of_a_killed_one_lasts_until_it_runs_out(s3: Any, versioned: str, held: Held) -> None:
    leave(s3, versioned, hours=1)
    with pytest.raises(Failure, match="jo has been deploying"), held("ann"):
        pass
    leave(s3, versioned, hours=-1)
    with held("ann"):
        assert b"ann" in s3.get_object(Bucket=versioned, Key=KEY)["Body"].read()


@pytest.mark.parametrize("hours", [None, -1])
def test_one_whose_write_is_repeated_is_not_refused_for_its_own_lock(
    aws: LocalAws, s3: Any, versioned: str, hours: int | None
) -> None:
    if hours:
        leave(s3, versioned, hours)
    repeats = aws.client("s3", attempts=2)
    with answer_lost(repeats, "PutObject"), lock.held(repeats, versioned, "ann", print):
        assert keys(s3, versioned) == [KEY]
    assert keys(s3, versioned) == []


@pytest.mark.parametrize("hours", [1, None])
def test_of_two_that_take_over_one_gets_it(
    s3: Any, versioned: str, held: Held, hours: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(s3, versioned, hours=-1)
    read, reads = lock._read, list[int]()

    def another_first(*given: Any) -> Any:
        found = read(*given)
        reads.append(1)
        if len(reads) == 2:  # The first is of whom the lock is that is there.
            leave(s3, versioned, hours) if hours else s3.delete_object(Bucket=versioned, Key=KEY)
        return found

    monkeypatch.setattr(lock, "_read", another_first)
    with pytest.raises(Failure, match="changed hands just now"), held("ann"):
        pass


@pytest.mark.parametrize(
    "body",
    [
        b"freeze\n",
        b"\xff",
        b"[]",
        b'{"owner": "jo"}',
        Lock("jo", "x", "2026-01-01T00:00:00+00:00", "1").encode()[:-1] + b', "x": 1}',
    ],
)
def test_what_is_no_lock_is_told_with_how_to_remove_it(s3: Any, versioned: str, held: Held, body: bytes) -> None:
    s3.put_object(Bucket=versioned, Key=KEY, Body=body)
    with pytest.raises(Failure, match=rf"is no lock .* aws s3 rm s3://{versioned}/{KEY}"), held("ann"):
        pass


def test_a_lock_that_has_no_end_is_none() -> None:
    for until in ("never", "2026-01-01T00:00:00"):
        with pytest.raises(ValueError, match=until):
            Lock("jo", "2026-01-01T00:00:00+00:00", until, "1")


def test_one_that_has_run_out_is_not_taken_from_who_has_it_now(
    s3: Any, versioned: str, held: Held, said: list[str]
) -> None:
    with held("ann") as hold:
        leave(s3, versioned, hours=1)
        with pytest.raises(Failure, match="was broken or has run out"):
            hold.renew()
    assert keys(s3, versioned) == [KEY]
    assert said == []


def test_a_lock_that_is_renewed_is_given_back(s3: Any, versioned: str, held: Held, said: list[str]) -> None:
    with held("ann") as hold:
        before = hold.etag
        hold.renew()
        assert s3.get_object(Bucket=versioned, Key=KEY)["ETag"] == hold.etag
        assert before
    assert (keys(s3, versioned), said) == ([], [])


def test_a_lock_that_cannot_be_given_back_hides_no_failure(versioned: str, held: Held, said: list[str]) -> None:
    def fail() -> None:
        with held("ann") as hold:
            hold.bucket = "no-such-bucket-of-anybody"
            raise Failure("a DAG cannot be imported")

    with pytest.raises(Failure, match="a DAG cannot be imported"):
        fail()
    (told,) = said
    assert "ann could not give its lock back (" in told
    assert "NoSuchBucket" in told
    assert "aws s3 rm" in told


def test_the_owner_is_the_run_of_a_workflow_or_a_person() -> None:
    names = {"SERVER_URL": "https://github.com", "REPOSITORY": "o/n", "RUN_ID": "7"}
    environ = {f"GITHUB_{name}": value for name, value in names.items()}
    assert lock.owner(environ) == "https://github.com/o/n/actions/runs/7"
    assert " at " in lock.owner({})
