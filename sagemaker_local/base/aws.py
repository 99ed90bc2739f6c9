"""Clients of the other AWS services: over this server's own address, but for an S3 that is elsewhere.

Nothing of the user's AWS set-up reaches them: ``config.detach_from_users_aws`` has cleared the environment.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import botocore.session
from botocore.config import Config

from sagemaker_local.config import S3Endpoint
from sagemaker_local.domain.arns import Scope

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 3},
    s3={"addressing_style": "path"},
    max_pool_connections=32,
    connect_timeout=5,
    read_timeout=300,
)


class Access(NamedTuple):
    """How a service is reached."""

    url: str
    access_key: str
    secret_key: str


class Aws:
    """botocore clients by service and scope, made once each and shared between threads."""

    def __init__(self, endpoint: str, s3: S3Endpoint | None = None) -> None:
        self._endpoint, self._s3 = endpoint, s3
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, Scope], Any] = {}
        self._session = botocore.session.Session()

    def access(self, service: str, scope: Scope) -> Access:
        """Where *service* is for whoever acts in *scope*: at this server the access key names the account."""
        if service != "s3" or self._s3 is None:
            return Access(self._endpoint, scope.account, "local")
        return Access(self._s3.url, self._s3.access_key or scope.account, self._s3.secret_key or "local")

    def client(self, service: str, scope: Scope) -> Any:
        """The client of *service* that acts in *scope*."""
        with self._lock:
            key = (service, scope)
            if key not in self._clients:
                access = self.access(service, scope)
                self._clients[key] = self._session.create_client(
                    service,
                    region_name=scope.region,
                    endpoint_url=access.url,
                    aws_access_key_id=access.access_key,
                    aws_secret_access_key=access.secret_key,
                    config=_CONFIG,
                )
            return self._clients[key]
