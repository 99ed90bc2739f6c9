"""The links of a task lead to what its job is, says and leaves."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest

from mlops_sagemaker.operators.jobs import SageMakerTrainingJobOperator
from tests.provider.sides import Request
from tests.support.local_aws import LocalAws, training_request, unique
from tests.unit.mlops_sagemaker.contexts import context_for

pytestmark = pytest.mark.local_only


def test_each_link_of_a_task_shows_what_it_names(aws: LocalAws) -> None:
    script = "open('/opt/ml/model/weights', 'w').write('1'); print('it trains')"
    request = {key: value for key, value in training_request("", script).items() if key != "TrainingJobName"}
    operator = SageMakerTrainingJobOperator(task_id=unique("train"), job=Request(request))
    context = context_for(operator)
    model = operator.execute(context)["model_data"]
    shown = {}
    for link in operator.operator_extra_links:
        address = context["ti"].pushed.get(link.xcom_key)
        if address:
            with urlopen(address) as answer:
                shown[link.name] = answer.read().decode()
    assert json.loads(shown["SageMaker job"])["ModelArtifacts"]["S3ModelArtifacts"] == model
    assert "it trains" in shown["CloudWatch log"]
    assert "model.tar.gz</a>" in shown["S3 artifacts"]
