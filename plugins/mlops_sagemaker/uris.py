"""S3 URIs: ``s3://<bucket>/<key>``."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from mlops_sagemaker.errors import UserError

SCHEME = "s3://"


def parse(uri: str) -> tuple[str, str]:
    """``(bucket, key)`` of an S3 URI; the key of a whole bucket is empty. Raises UserError naming a bad
    URI."""
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    if not uri.startswith(SCHEME) or not bucket:
        raise UserError(f"{uri!r} is not an S3 URI; write s3://<bucket>/<key>")
    return bucket, key


def join(uri: str, *parts: str) -> str:
    """``uri`` with ``parts`` below it, one slash between each and none at the end."""
    return "/".join([uri.rstrip("/"), *(part.strip("/") for part in parts)])


def folder(uri: str, *parts: str) -> str:
    """As `join`, with a final slash: SageMaker takes ``train`` as a prefix to mean ``train2/`` as well."""
    return join(uri, *parts) + "/"


def parent(uri: str) -> str:
    """The folder that an object lies in, with a final slash."""
    return uri.rpartition("/")[0] + "/"


def matching(keys: Iterable[str], pattern: str) -> list[str]:
    """The ``keys`` that match ``pattern``: ``*`` any text, ``?`` one character, ``[...]`` one of these."""
    return [key for key in keys if fnmatchcase(key, pattern)]
