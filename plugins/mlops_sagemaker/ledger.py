"""Successes on record: what a step left, under the key of what it followed from.

Below the ledger's root lies ``<key>/<job name>.json``, each written once. It says who ran the step, its result, and
every object of its outputs. A record counts only as long as all of these are there, unchanged.
"""

import json
from collections.abc import Mapping
from typing import Any

from mlops_sagemaker import reuse, uris
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.reuse import Source

Inventory = dict[str, list[Any]]
"""Tag and size of each object, by its name."""


class Ledger:
    """The ledger at ``root``, the S3 URI of a folder. Its methods raise ApiError."""

    def __init__(self, hook: LifecycleHook, root: str) -> None:
        self._hook = hook
        self._root = root

    def key(self, kind: str, request: Mapping[str, Any]) -> str:
        """The key of a step, from what its inputs hold now."""
        return reuse.step_key(kind, request, {source.uri: self._content(source) for source in reuse.sources(request)})

    def find(self, key: str) -> dict[str, Any] | None:
        """The latest success under ``key`` whose outputs are all there, None if there is none."""
        folder = uris.folder(self._root, key)
        for written in sorted(self._hook.list_objects(folder), key=lambda each: each.modified, reverse=True):
            content = self._hook.read(folder + written.key)
            entry: dict[str, Any] = json.loads(content or b"{}")
            if entry and all(self._inventory(uri) == there for uri, there in entry["outputs"].items()):
                return entry
        return None

    def record(self, key: str, ran: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Write a success down; ``ran`` says which task ran it, ``result`` is what `JobKind.result` says."""
        outputs = {uri: self._inventory(uri) for uri in result["outputs"].values()}
        entry = {"ran": dict(ran), "result": dict(result), "outputs": outputs}
        self._hook.write_once(uris.join(self._root, key, f"{result['job_name']}.json"), entry)

    def _content(self, source: Source) -> Any:
        if not source.manifest:
            return self._inventory(source.uri)
        head, *keys = json.loads(self._hook.read(source.uri) or b'[{"prefix": ""}]')
        there = self._inventory(head["prefix"]) if keys else {}
        return {key: there.get(key) for key in keys}

    def _inventory(self, uri: str) -> Inventory:
        """The objects that SageMaker takes ``uri`` for; of a single object, it by its name."""
        name = uri.rpartition("/")[2]
        return {name + each.key: [each.etag, each.size] for each in self._hook.list_objects(uri)}
