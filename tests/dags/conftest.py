"""Every DAG of the repository as Airflow sees it, and the fake AWS of the operators' tests."""

from tests.unit.mlops_sagemaker import airflow_home
from tests.unit.mlops_sagemaker.conftest import aws

__all__ = ["aws"]

airflow_home.set_up()
