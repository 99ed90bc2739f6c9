"""Run by ``test_provider.py`` in Airflow's environment: the amazon provider's own hook, unchanged, on a local AWS.

Arguments: a CreateTrainingJob and a CreateProcessingJob request, as JSON. The hook prints the job's log while it waits.
"""

from __future__ import annotations

import json
import logging
import sys

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook

logging.basicConfig(level=logging.INFO, stream=sys.stdout)
training, processing = (json.loads(text) for text in sys.argv[1:])
hook = SageMakerHook(aws_conn_id=None)
hook.create_training_job(training, wait_for_completion=True, print_log=True, check_interval=1)
hook.create_processing_job(processing, wait_for_completion=True, check_interval=1)
described = hook.describe_processing_job(processing["ProcessingJobName"])
print(f"processing job: {described['ProcessingJobStatus']}")
