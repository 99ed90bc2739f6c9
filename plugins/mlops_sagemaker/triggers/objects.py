"""Wait for objects in S3."""

from typing import Any

from mlops_sagemaker import uris
from mlops_sagemaker.hook import AsyncAws
from mlops_sagemaker.triggers.base import WaitTrigger


class S3ObjectsTrigger(WaitTrigger):
    """Done when at least ``count`` objects below the prefix ``uri`` match ``pattern``.

    :param pattern: as `uris.matching` reads it.
    """

    def __init__(self, *, uri: str, pattern: str, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.uri = uri
        self.pattern = pattern
        self.count = count

    def arguments(self) -> dict[str, Any]:
        """Where, which and how many."""
        return {"uri": self.uri, "pattern": self.pattern, "count": self.count}

    async def done(self, aws: AsyncAws) -> bool:
        """Whether they are there."""
        return len(uris.matching(await aws.list_keys(self.uri), self.pattern)) >= self.count
