"""Names that a repeated task arrives at again, so that it finds its job instead of buying another."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

DIGEST_LENGTH = 10
TASK_LENGTH = 24
RUN_KEY_LENGTH = 48


@dataclass(frozen=True)
class TaskKey:
    """Which task of which run asks.

    ``map_index`` is -1 for a task that is not mapped. ``generation`` grows when a person clears the task and
    stays the same over its retries, so that clearing buys a fresh job and retrying does not.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    generation: int


def digest(value: object) -> str:
    """SHA-256 (64 hex digits) of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def job_name(key: TaskKey, request: Mapping[str, Any], attempt: int, max_length: int) -> str:
    """``<dag>-<task>-<digest of key and request>``, from the second attempt on with ``-<attempt>``.

    It fits SageMaker's pattern ``[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`` and ``max_length`` by cutting the DAG's
    and the task's name, never the digest.
    """
    unique = digest([asdict(key), request])[:DIGEST_LENGTH] + (f"-{attempt}" if attempt > 1 else "")
    room = max_length - len(unique) - 2
    task = words(key.task_id)[: min(TASK_LENGTH, room)].strip("-")
    dag = words(key.dag_id)[: room - len(task)].strip("-")
    return "-".join(filter(None, (dag, task, unique)))


def content_name(prefix: str, request: Mapping[str, Any], max_length: int = 63) -> str:
    """``<prefix>-<digest of the request>``: the same thing has the same name, whoever asks for it and when."""
    unique = digest(request)[:DIGEST_LENGTH]
    return "-".join(filter(None, (words(prefix)[: max_length - len(unique) - 1].strip("-"), unique)))


def is_content_name(name: str, prefix: str) -> bool:
    """Whether `content_name` has made the name, for a short ``prefix``."""
    return re.fullmatch(rf"{re.escape(words(prefix))}-[0-9a-f]{{{DIGEST_LENGTH}}}", name) is not None


def endpoint_name(use_case: str, stage: str) -> str:
    """``<use case>-<stage>``, of a use case whose name is in letters, digits and underscores."""
    return f"{words(use_case)}-{stage}"


def group_name(use_case: str) -> str:
    """The model package group of a use case. Underscores, which a group may not have, become hyphens, which a use case
    may not have: so no two use cases share a group."""
    return words(use_case)


def client_token(identity: object) -> str:
    """Idempotency token (32 characters) of requests that are for the same thing: that whose JSON ``identity`` it is."""
    return digest(identity)[:32]


def run_key(dag_id: str, run_id: str) -> str:
    """Folder name of a run: its ID in letters, digits and hyphens, made unique again by a digest."""
    name = words(run_id)[:RUN_KEY_LENGTH].strip("-")
    return "-".join(filter(None, (name, digest([dag_id, run_id])[:DIGEST_LENGTH])))


def words(text: str) -> str:
    """The text in letters, digits and hyphens, as names of SageMaker's are."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", text).strip("-")
