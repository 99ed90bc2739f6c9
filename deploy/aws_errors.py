"""What went wrong between this machine and AWS, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from deploy.errors import Failure

SIGN_IN = "Sign in (`aws sso login`, or `aws configure`) and name the profile in AWS_PROFILE"
REMEDIES: dict[type[BotoCoreError], str] = {
    exceptions.NoCredentialsError: SIGN_IN,
    exceptions.PartialCredentialsError: SIGN_IN,
    exceptions.CredentialRetrievalError: SIGN_IN,
    exceptions.TokenRetrievalError: SIGN_IN,
    exceptions.SSOError: SIGN_IN,
    exceptions.ProfileNotFound: "`aws configure list-profiles` names those that there are",
    exceptions.ConnectionError: "Look at the network, HTTPS_PROXY and AWS_ENDPOINT_URL, then do it again",
    exceptions.HTTPClientError: "Do it again: every step may be repeated",
}
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException")


@contextmanager
def told(place: str = "") -> Iterator[None]:
    """Raises Failure, with the place and what to do, for what AWS refuses and where AWS cannot be asked."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        said = ": ".join(part for part in (place, str(error).rstrip(".")) if part)
        raise Failure(f"{said}. {remedy}." if (remedy := _remedy(error)) else said) from error


def _remedy(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return SIGN_IN if error.response.get("Error", {}).get("Code") in EXPIRED else ""
    return next((text for kind, text in REMEDIES.items() if isinstance(error, kind)), "")
