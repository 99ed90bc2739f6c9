"""The moves of baselines on disk: one object, which a move is added to in one step."""

import json
from datetime import UTC, datetime

from mlops_sagemaker import baselines, uris
from mlops_sagemaker.baselines import Document
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.hook import LifecycleHook


def uri_of(bucket: str, use_case: str) -> str:
    """Where the moves of a use case's baselines are written down; `baselines` says how."""
    return uris.join(f"s3://{bucket}", use_case, "monitoring", "baselines.json")


def read(hook: LifecycleHook, uri: str) -> list[Document]:
    """The moves so far, in their order; none where nothing was ever moved."""
    return _parsed(hook.read(uri), uri)


def add(hook: LifecycleHook, uri: str, move: Document) -> list[Document]:
    """The moves with this one, which is added unless its run has moved before.

    Raises ApiError PreconditionFailed if somebody else adds one meanwhile: then nothing is written.
    """
    found = hook.read_version(uri)
    before = _parsed(found.content if found else None, uri)
    after = baselines.moved(before, move)
    if after != before:
        hook.write_json(uri, {"moves": after}, **({"IfMatch": found.etag} if found else {"IfNoneMatch": "*"}))
    return after


def _parsed(content: bytes | None, uri: str) -> list[Document]:
    if content is None:
        return []
    try:
        moves: list[Document] = json.loads(content)["moves"]
        for move in moves:
            baselines.beside([move], move["champion"], datetime.now(UTC))
            {name: move[name] for name in ("baseline", "quality", "run")}
        return moves
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{uri} does not say where baselines moved ({error!r}); restore its last version") from error
