"""The moves of baselines on disk: one object, which a move is added to in one step."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mlops_sagemaker import baselines, uris
from mlops_sagemaker.baselines import Document
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.hook import LifecycleHook


@dataclass(frozen=True)
class Moves:
    """What was moved so far, in its order, as it was ``listed`` in the object of that ETag, None if there was none."""

    listed: Sequence[Document] = ()
    etag: str | None = None


def uri_of(bucket: str, use_case: str) -> str:
    """Where the moves of a use case's baselines are written down; `baselines` says how."""
    return uris.join(f"s3://{bucket}", use_case, "monitoring", "baselines.json")


def read(hook: LifecycleHook, uri: str) -> Moves:
    """The moves so far; none where nothing was ever moved."""
    found = hook.read_version(uri)
    return Moves(_parsed(found.content, uri), found.etag) if found else Moves()


def add(hook: LifecycleHook, uri: str, before: Moves, move: Document) -> None:
    """Add a move to those that it was decided on.

    Raises ApiError PreconditionFailed if somebody else has added one since they were read: then nothing is written.
    """
    condition = {"IfMatch": before.etag} if before.etag else {"IfNoneMatch": "*"}
    hook.write_json(uri, {"moves": [*before.listed, move]}, **condition)


def _parsed(content: bytes, uri: str) -> list[Document]:
    try:
        moves: list[Document] = json.loads(content)["moves"]
        for move in moves:
            baselines.beside([move], move["champion"], datetime.now(UTC))
            {name: move[name] for name in ("baseline", "quality", "run")}
        return moves
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{uri} does not say where baselines moved ({error!r}); restore its last version") from error
