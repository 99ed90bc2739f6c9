"""What instances use of the machine, as CloudWatch shows it."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.hosting import Hosting
from tests.support.metrics import metric
from tests.support.polling import eventually

NAMES = ("CPUUtilization", "MemoryUtilization", "DiskUtilization")


@pytest.mark.documented("monitoring-cloudwatch: namespaces and dimensions of instance metrics")
def test_endpoints_and_jobs_are_measured_while_they_run(hosting: Hosting) -> None:
    name = hosting.serving()
    job = hosting.aws.train("while True: pass")
    places = {
        "/aws/sagemaker/Endpoints": {"EndpointName": name, "VariantName": "AllTraffic"},
        "/aws/sagemaker/TrainingJobs": {"Host": f"{job}/algo-1"},
    }
    for namespace, dimensions in places.items():
        for what in NAMES:
            probe = partial(metric, hosting.aws, namespace, what, "Maximum", **dimensions)
            assert eventually(probe, f"{what} in {namespace}") > 0
    hosting.sagemaker.stop_training_job(TrainingJobName=job)
    hosting.aws.trained(job)
