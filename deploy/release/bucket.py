"""The bucket that MWAA reads: what lies there, what was deployed there, and in which order."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deploy.errors import Failure
from deploy.objects import put_once
from deploy.packaging.package import DAGS
from deploy.release.history import History
from deploy.release.record import INSTALLED, Deployment, decode

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = "deployments/"
HISTORY = f"{FOLDER}history.json"
SHA = "sha256"
"""The name under which an object's metadata says what it holds."""
AT_ONCE = 8


@dataclass(frozen=True)
class Bucket:
    """The Airflow bucket of an environment."""

    s3: S3Client
    name: str

    def keep(self, deployment: Deployment, files: Mapping[str, bytes]) -> None:
        """Store a deployment so that it can be made again without the tree it came from."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            contents = {_content(deployment.objects[key]): files[key] for key in deployment.objects}
            list(pool.map(lambda key: put_once(self.s3, self.name, key, contents[key]), contents))
        put_once(self.s3, self.name, f"{FOLDER}{deployment.id}.json", deployment.encode())

    def deployment(self, name: str) -> Deployment:
        """A deployment that was kept. Raises Failure for one that was not."""
        try:
            return decode(self._read(f"{FOLDER}{name}.json"))
        except self.s3.exceptions.NoSuchKey as error:
            raise Failure(f"s3://{self.name} has kept no deployment {name}") from error

    def history(self) -> History:
        """What was deployed."""
        try:
            return History.decode(self._read(HISTORY))
        except self.s3.exceptions.NoSuchKey:
            return History()  # The first deployment of this bucket.

    def remember(self, history: History) -> None:
        """Write down what was deployed."""
        self.s3.put_object(Bucket=self.name, Key=HISTORY, Body=history.encode())

    def live(self) -> dict[str, str | None]:
        """What MWAA would read now, by key its SHA-256, or None where another hand than ours has written it."""
        keys = [*INSTALLED, *self._dags()]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            heads = dict(zip(keys, pool.map(self._head, keys), strict=True))
        return {key: head["Metadata"].get(SHA) for key, head in heads.items() if head}

    def write(self, deployment: Deployment, keys: Iterable[str]) -> None:
        """Write objects of a deployment, one after the other, from what was kept of it."""
        for key in keys:
            sha = deployment.objects[key]
            self.s3.copy_object(
                Bucket=self.name,
                Key=key,
                CopySource={"Bucket": self.name, "Key": _content(sha)},
                Metadata={SHA: sha},
                MetadataDirective="REPLACE",
            )

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects, one after the other; the bucket's versions keep them."""
        for key in keys:
            self.s3.delete_object(Bucket=self.name, Key=key)

    def versions(self) -> dict[str, str]:
        """The present version of everything that MWAA installs. Raises Failure where the bucket keeps no versions."""
        found = {}
        for key in INSTALLED:
            version = (self._head(key) or {}).get("VersionId", "null")
            if version == "null":
                raise Failure(f"s3://{self.name}/{key} has no version: MWAA needs a bucket with versioning enabled")
            found[key] = version
        return found

    def written(self) -> datetime.datetime:
        """When the DAG files were last written."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=DAGS)
        return max(item["LastModified"] for page in pages for item in page.get("Contents", []))

    def _dags(self) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=DAGS)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _head(self, key: str) -> Any:
        try:
            return self.s3.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NotFound"):
                raise
            return None

    def _read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()


def _content(sha: str) -> str:
    return f"{FOLDER}contents/{sha}"
