"""An endpoint that serves: the fleets behind it, and the share of the traffic that each has."""

from __future__ import annotations

import random

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.routing import Weighted
from sagemaker_local.hosting.fleet import LOG_GROUP, Fleet


class Endpoint:
    """One endpoint at work."""

    def __init__(self, scope: Scope, name: str, fleet: Fleet) -> None:
        self.scope, self.name = scope, name
        self.log_group = LOG_GROUP.format(name)
        self.fleet = fleet
        """the live one: that of the configuration which the endpoint is in service with"""
        self.mixed: Fleet | None = None
        """one that serves beside it, after a rollback that failed"""
        self._traffic = Weighted([(fleet, 1.0)])

    @property
    def asynchronous(self) -> bool:
        """Whether it takes asynchronous invocations, and those only."""
        return self.fleet.asynchronous

    def pick(self) -> Fleet:
        """The fleet for the next request."""
        fleet = self._traffic.pick(random.random())
        assert fleet is not None, "there is always a fleet"
        return fleet

    def share(self, other: Fleet, share: float) -> None:
        """From the next request on, *share* (0 to 1) of the traffic goes to *other*, the rest to the live fleet."""
        self._traffic = Weighted([(other, share), (self.fleet, 1.0 - share)])

    def mix(self, other: Fleet, share: float) -> None:
        """*other* serves on beside the live fleet, with that share of the traffic."""
        self.mixed = other
        self.share(other, share)

    def switch(self, fleet: Fleet) -> None:
        """*fleet* is the live one, and has all traffic."""
        self.fleet, self.mixed = fleet, None
        self._traffic = Weighted([(fleet, 1.0)])
