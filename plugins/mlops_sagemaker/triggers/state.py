"""Wait for an endpoint, a model package or another resource to reach a state."""

from typing import Any

from mlops_sagemaker.hook import AsyncAws
from mlops_sagemaker.resources import RESOURCES
from mlops_sagemaker.triggers.base import WaitTrigger


class SageMakerStateTrigger(WaitTrigger):
    """Done when the resource ``resource_name`` is in none of the ``passing`` states, or is gone.

    :param kind: name of a row of ``resources.RESOURCES`` that has a status.
    :param passing: the states that it is waited out of (``Creating``, ``Updating``, ...).
    """

    def __init__(self, *, kind: str, resource_name: str, passing: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.resource_name = resource_name
        self.passing = passing

    def arguments(self) -> dict[str, Any]:
        """Kind, name and states."""
        return {"kind": self.kind, "resource_name": self.resource_name, "passing": self.passing}

    async def done(self, aws: AsyncAws) -> bool:
        """Whether it has come to rest."""
        kind = RESOURCES[self.kind]
        description = await aws.describe(kind, self.resource_name)
        return description is None or kind.status(description) not in self.passing
