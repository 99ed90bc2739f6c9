"""Whom a request is from and which service it is for, by its signature's credential. Signatures are not verified."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from sagemaker_local.config import ACCOUNT, REGION
from sagemaker_local.domain.arns import Scope

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]*)/(?P<service>[^/]+)/")
_ACCOUNT = re.compile(r"\d{12}")


class Signer(NamedTuple):
    """What the credential of a signed request says."""

    scope: Scope
    service: str
    access_key: str


def signer(authorization: str) -> Signer | None:
    """The signer by an ``Authorization`` header; ``None`` if it is not one of Signature Version 4."""
    # The credential comes before the signature, which is another in every request.
    return _signer(authorization.partition("SignedHeaders=")[0])


@lru_cache(maxsize=1024)
def _signer(credential: str) -> Signer | None:
    match = _CREDENTIAL.search(credential)
    if match is None:
        return None
    # An access key of twelve digits names the account, any other is the default account's.
    account = match["key"] if _ACCOUNT.fullmatch(match["key"]) else ACCOUNT
    return Signer(Scope(account, match["region"] or REGION), match["service"], match["key"])
