"""What Airflow reads: the deployment DAG of the use case that the environment names. Its questions are looked at again
within seconds."""

import os
from datetime import timedelta

from lifecycle.deployment import deployment_dag
from tests.provider.rings import use_case_of

dag = deployment_dag(use_case_of(os.environ["RINGS"]))
approve = dag.get_task("approve")
approve.look_again = approve.response_timeout = timedelta(seconds=4)
