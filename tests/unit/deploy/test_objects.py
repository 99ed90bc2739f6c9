from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.objects import put_once


def test_an_object_is_written_once(s3: Any, bucket: str) -> None:
    assert put_once(s3, bucket, "key", b"first")
    assert not put_once(s3, bucket, "key", b"second")
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"first"


def test_of_many_writers_at_once_one_writes(s3: Any, bucket: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda number: put_once(s3, bucket, "key", b"%d" % number), range(8)))
    assert sum(written) == 1


def test_any_other_refusal_is_an_error(s3: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        put_once(s3, "no-such-bucket-at-all", "key", b"")
