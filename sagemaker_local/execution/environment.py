"""The environment variables that the platform sets for a job."""

from __future__ import annotations

from sagemaker_local.domain.arns import Scope


def platform_environment(scope: Scope, endpoint: str) -> dict[str, str]:
    """Region and credentials: dummies, and every AWS client in a job ends at this server and nowhere else."""
    return {
        "AWS_REGION": scope.region,
        "AWS_DEFAULT_REGION": scope.region,
        "AWS_ACCESS_KEY_ID": scope.account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": endpoint,
        # The training toolkit's own name for it.
        "S3_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
