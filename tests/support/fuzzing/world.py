"""The resources that recipes name, made when they are first asked for."""

from __future__ import annotations

import itertools
from typing import Any

from tests.support.fuzzing.wire import Answer, Wire
from tests.support.local_aws import BUCKET, ROLE, LocalAws, processing_request

_BLOCKER = "blocker"


class World:
    """A server that runs one job at a time, and that one never ends: others are created and wait."""

    def __init__(self, aws: LocalAws) -> None:
        assert {"--max-jobs", "1"} <= set(aws.options), "jobs that are only to be created must not run"
        self.data = aws.put("fuzz/data", "1,2\n")
        self._wire = Wire(aws.port)
        self._numbers = itertools.count(1)
        self._made: dict[str, Any] = {}
        self.make("CreateProcessingJob", processing_request(_BLOCKER, "import time; time.sleep(3600)"))

    def close(self) -> None:
        self._wire.close()

    def call(self, operation: str, request: Any) -> Answer:
        """The answer to *request*, whatever it is."""
        return self._wire.call(operation, request)

    def call_as_another_account(self, operation: str, request: Any) -> Answer:
        """The answer that an account gets which has nothing."""
        return self._wire.call(operation, request, access_key="111111111111")

    def make(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to *request*, which must be a success."""
        answer = self.call(operation, request)
        assert answer.status == 200, f"{operation} of a recipe's resource: {answer.body}\n{request}"
        return answer.body

    def once(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The same, made the first time that it is asked for."""
        key = f"{operation} {request}"
        if key not in self._made:
            self._made[key] = self.make(operation, request)
        return self._made[key]

    def name(self) -> str:
        """A name that nothing has yet; the same in every run."""
        return f"fuzz-{next(self._numbers)}"

    role = ROLE
    output = f"s3://{BUCKET}/fuzz/output"
