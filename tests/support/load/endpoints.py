"""Endpoints under load: two of them, created, updated and deleted in turn."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.support.hosting import Hosting, variant
from tests.support.load.ledger import ABSENT, Register
from tests.support.load.workers import ENDPOINT, Worker
from tests.support.local_aws import LocalAws
from tests.support.polling import eventually

CONFIGS = ("load-a", "load-b")
"""endpoint configurations; each one's model answers with its name"""
_ON_THEIR_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def lay_out(server: LocalAws) -> None:
    """Make the configurations."""
    hosting = Hosting(server)
    for name in CONFIGS:
        variants = [variant(hosting.model(content=name))]
        server.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)


def settled(server: LocalAws, name: str) -> str | None:
    """The configuration that the endpoint has once nothing is under way, ``None`` if there is no endpoint."""

    def probe() -> tuple[str | None] | None:
        endpoint = _described(server, name)
        if endpoint is None:
            return (ABSENT,)
        status = endpoint["EndpointStatus"]
        if status in _ON_THEIR_WAY:
            return None
        return (endpoint["EndpointConfigName"] if status == "InService" else status,)

    return eventually(probe, f"the end of what is under way at {name}")[0]


def served(server: LocalAws, name: str) -> str:
    """The configuration whose model answers; after a restart it takes a while until one does."""
    hosting = Hosting(server)

    def probe() -> str | None:
        try:
            return hosting.invoke(name, what="model").decode()
        except hosting.runtime.exceptions.ServiceUnavailable:
            return None

    return eventually(probe, f"an answer of {name}")


def _described(server: LocalAws, name: str) -> dict[str, Any] | None:
    try:
        return dict(server.sagemaker.describe_endpoint(EndpointName=name))
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        return None


class Endpoints(Worker):
    """Changes an endpoint, and sees that it has become what was asked for."""

    def work(self) -> None:
        name = self.own(self.random.randrange(2))
        register, config = Register(ENDPOINT, name), settled(self.server, name)
        self.ledger.saw(register, config)
        if config is ABSENT:
            self._create(register, self.random.choice(CONFIGS))
            return
        self.ledger.saw(register, served(self.server, name))
        if self.random.random() < 0.4:
            with self.ledger.writing(register, ABSENT):
                self.server.sagemaker.delete_endpoint(EndpointName=name)
        else:
            self._update(register, CONFIGS[1 - CONFIGS.index(config)])

    def _create(self, register: Register, config: str) -> None:
        with self.ledger.writing(register, config):
            self.server.sagemaker.create_endpoint(EndpointName=register.name, EndpointConfigName=config)

    def _update(self, register: Register, config: str) -> None:
        with self.ledger.writing(register, config):
            self.server.sagemaker.update_endpoint(EndpointName=register.name, EndpointConfigName=config)
