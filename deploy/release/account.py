"""Whose credentials are in use."""

from __future__ import annotations

import boto3

from deploy.errors import Failure
from deploy.settings import Settings


def session_of(settings: Settings) -> boto3.session.Session:
    """A session in the region of an environment. Raises Failure for credentials of another account than its own."""
    session = boto3.session.Session(region_name=settings.region)
    check_account(settings, session.client("sts").get_caller_identity()["Account"])
    return session


def check_account(settings: Settings, account: str) -> None:
    """Raises Failure unless `account`, whose credentials are in use, is that of the settings."""
    if account != settings.account:
        raise Failure(
            f"these are credentials of account {account}, and {settings.environment} is in {settings.account}: "
            "use a role of that account, or correct deploy/settings"
        )
