"""A local Amazon SageMaker that really executes the jobs: no Docker, no AWS account.

boto3, the AWS CLI and Airflow's operators talk to it over HTTP, unchanged. Layers, each importing only those after it:
``command`` > ``server`` > ``gateway``, ``coordinator`` > ``operations`` > ``execution`` > ``store``, ``base``,
``tuning`` > ``domain`` > ``protocol``.
"""

__version__ = "0.1.0"
