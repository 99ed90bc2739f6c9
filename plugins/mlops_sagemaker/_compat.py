"""The only importer of what the amazon provider calls internal, or what only some supported Airflows have."""

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

__all__ = ["AwsBaseOperator", "aws_template_fields"]
