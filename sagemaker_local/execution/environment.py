"""The environment variables that the platform sets for a job."""

from __future__ import annotations

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope


def platform_environment(scope: Scope, aws: Aws) -> dict[str, str]:
    """Region and credentials: every AWS client in a job ends at this server, or at the S3 that it was given."""
    here, s3 = aws.access("sagemaker", scope), aws.access("s3", scope)
    return {
        "AWS_REGION": scope.region,
        "AWS_DEFAULT_REGION": scope.region,
        # Those of S3, which may look at them; this server takes any.
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key,
        "AWS_ENDPOINT_URL": here.url,
        "AWS_ENDPOINT_URL_S3": s3.url,
        # The training toolkit's own name for it.
        "S3_ENDPOINT_URL": s3.url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
