"""The publish step: puts job code and an environment's settings into S3, all that DAGs know of either.

Job code is stored as content-addressed bundles. The release manifest names the bundles, the images and the
roles of one environment; it is stored under the hash of its content and, last of all, copied to
`releases/current.json`, so that a run finds the old release or the new one and never half of each.
Publishing the same thing again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import agreement
from deploy.bundles import WHOLE, job_code
from deploy.content import digest, read_folder
from deploy.images.registry import Image
from deploy.objects import put_once

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCRIPTS = Path("include/scripts")
CONTAINERS = Path("include/containers")
FORMAT = 2
UPLOADS_AT_ONCE = 8
CURRENT = "releases/current.json"


def image_digests(containers: Path) -> dict[str, str]:
    """The content hash of each image's folder."""
    return {folder.name: digest(read_folder(folder)) for folder in sorted(containers.iterdir()) if folder.is_dir()}


def manifest(
    code: Mapping[str, Mapping[str, str]], images: Mapping[str, str], settings: Mapping[str, str], registry: str
) -> dict[str, Any]:
    """The release manifest: the bundles' and the images' hashes (64 hex each), the environment's settings.

    `code` has by use case the hash of each step's bundle, and under an empty name that of the whole.
    """

    def bundle(sha: str) -> dict[str, str]:
        return {"uri": f"s3://{settings['bucket']}/{code_prefix(sha)}", "sha256": sha}

    content: dict[str, Any] = {
        "format": FORMAT,
        **settings,
        "code": {
            name: {**bundle(hashes[WHOLE]), "steps": {step: bundle(sha) for step, sha in hashes.items() if step}}
            for name, hashes in code.items()
        },
        "images": {name: {"uri": Image(name, sha).uri(registry), "sha256": sha} for name, sha in images.items()},
    }
    return {**content, "release": digest({"release": encode(content)})[:16]}


def code_prefix(sha: str) -> str:
    """Where a code bundle lies in its bucket."""
    return f"code/{sha}/"


def encode(content: Mapping[str, Any]) -> bytes:
    """One content, one text."""
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def publish(s3: S3Client, scripts: Path, containers: Path, settings: dict[str, str], registry: str) -> tuple[str, bool]:
    """Publish a release of the tree; returns its name and whether anything changed.

    `settings` holds the manifest's environment, region, bucket and role_arn. Raises Failure for images that disagree.
    """
    agreement.check(containers)
    code = job_code(scripts)
    hashes = {name: {step: digest(files) for step, files in parts.items()} for name, parts in code.items()}
    release = manifest(hashes, image_digests(containers), settings, registry)
    stored = store(s3, {digest(files): files for parts in code.values() for files in parts.values()}, release)
    pointed = make_current(s3, settings["bucket"], release["release"])
    return release["release"], stored or pointed


def store(s3: S3Client, code: Mapping[str, Mapping[str, bytes]], release: Mapping[str, Any]) -> bool:
    """Store bundles, by their hash, and the release that names them; returns whether any of it was new.

    Nobody is given the release before it is made current.
    """
    bucket = release["bucket"]
    written = [_upload(s3, bucket, code_prefix(sha), files) for sha, files in code.items()]
    return any([*written, put_once(s3, bucket, release_key(release["release"]), encode(release))])


def release_key(name: str) -> str:
    """Where a release lies in its bucket."""
    return f"releases/{name}.json"


def _upload(s3: S3Client, bucket: str, prefix: str, files: Mapping[str, bytes]) -> bool:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    there = {item["Key"] for page in pages for item in page.get("Contents", [])}
    missing = [path for path in files if prefix + path not in there]
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        return any(list(pool.map(lambda path: put_once(s3, bucket, prefix + path, files[path]), missing)))


def make_current(s3: S3Client, bucket: str, name: str) -> bool:
    """Give every later run a release that was stored; returns whether it was another one before."""
    body = s3.get_object(Bucket=bucket, Key=release_key(name))["Body"].read()
    if _read_current(s3, bucket) == body:
        return False
    s3.put_object(Bucket=bucket, Key=CURRENT, Body=body, ContentType="application/json")
    return True


def current(s3: S3Client, bucket: str) -> str | None:
    """The name of the current release, None before the first."""
    body = _read_current(s3, bucket)
    return json.loads(body)["release"] if body else None


def _read_current(s3: S3Client, bucket: str) -> bytes | None:
    try:
        return s3.get_object(Bucket=bucket, Key=CURRENT)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
