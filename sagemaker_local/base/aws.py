"""Clients of the other AWS services, over this server's own address.

Nothing of the user's AWS set-up reaches them: ``config.detach_from_users_aws`` has cleared the environment.
"""

from __future__ import annotations

import threading
from typing import Any

import botocore.session
from botocore.config import Config

from sagemaker_local.domain.arns import Scope

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 3},
    s3={"addressing_style": "path"},
    max_pool_connections=32,
    connect_timeout=5,
    read_timeout=300,
)


class Aws:
    """botocore clients by service and scope, made once each and shared between threads."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, Scope], Any] = {}
        self._session = botocore.session.Session()

    def client(self, service: str, scope: Scope) -> Any:
        """The client of *service* that acts in *scope* (the access key names the account)."""
        with self._lock:
            key = (service, scope)
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    service,
                    region_name=scope.region,
                    endpoint_url=self.endpoint,
                    aws_access_key_id=scope.account,
                    aws_secret_access_key="local",
                    config=_CONFIG,
                )
            return self._clients[key]
