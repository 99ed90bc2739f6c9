"""What a person finds in a browser where AWS has its console."""

from __future__ import annotations

import json
import re
from datetime import datetime
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.support.local_aws import ACCOUNT, BUCKET, REGION, LocalAws, unique
from tests.support.polling import eventually
from tests.support.tuning import tuning_request

pytestmark = pytest.mark.local_only


def page(aws: LocalAws, path: str) -> tuple[str, str]:
    """Media type and text of what lies at ``/_local/<path>``."""
    with urlopen(f"{aws.endpoint}/_local/{quote(path)}") as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def test_a_job_is_shown_as_it_is_described_with_times_to_be_read(aws: LocalAws) -> None:
    name = aws.process("print('one & two')")
    job = aws.processed(name)
    media_type, text = page(aws, f"jobs/{job['ProcessingJobArn']}")
    shown = json.loads(text)
    assert media_type == "application/json"
    assert (shown["ProcessingJobName"], shown["ProcessingJobStatus"]) == (name, "Completed")
    assert abs(datetime.fromisoformat(shown["CreationTime"]) - job["CreationTime"]).total_seconds() < 0.01
    assert shown["ProcessingInputs"][0]["S3Input"] == job["ProcessingInputs"][0]["S3Input"]
    media_type, text = page(aws, f"logs/{job['ProcessingJobArn']}")
    assert media_type == "text/plain; charset=utf-8"
    assert re.fullmatch(rf"=== {name}/algo-1-\d+\n\S+T\S+\+00:00 one & two\n", text)


def test_the_log_of_a_tuning_job_is_that_of_its_training_jobs(aws: LocalAws) -> None:
    name = unique("tune")
    aws.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(aws, HyperParameterTuningJobName=name))
    aws.trained(aws.train("print('a neighbour')", TrainingJobName=f"{name}-1-not"))

    def ended() -> bool:
        described = aws.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return bool(described["HyperParameterTuningJobStatus"] == "Completed")

    eventually(ended, "the search")
    tuning = arn("hyper-parameter-tuning-job", name)
    assert json.loads(page(aws, f"jobs/{tuning}")[1])["BestTrainingJob"]["TrainingJobName"].startswith(name)
    log = page(aws, f"logs/{tuning}")[1]
    assert log.count(f"=== {name}-") > 1
    assert "a neighbour" not in log
    assert "a neighbour" in page(aws, f"logs/{arn('training-job', f'{name}-1-not')}")[1]


def test_a_job_that_never_ran_has_no_log(aws: LocalAws) -> None:
    name = unique("job")
    plan = {"faults": [{"name": "f", "jobs": {"name": name}, "effect": {"type": "capacity_error"}}]}
    aws.faults("PUT", plan)
    try:
        job = aws.processed(aws.process("print('ran')", ProcessingJobName=name))
    finally:
        aws.faults("DELETE")
    assert page(aws, f"logs/{job['ProcessingJobArn']}")[1] == "Nothing is logged yet.\n"


def test_objects_are_listed_with_links_to_them(aws: LocalAws) -> None:
    folder = unique("folder")
    aws.put(f"{folder}/a b/<c>.txt", "content")
    media_type, text = page(aws, f"objects/{BUCKET}/{folder}/a b/")
    assert media_type == "text/html; charset=utf-8"
    (address,) = re.findall(r'<a href="([^"]+)">[^<]+&lt;c&gt;\.txt</a> 7 bytes', text)
    with urlopen(address) as answer:
        assert answer.read() == b"content"
    assert "There is nothing yet." in page(aws, f"objects/{BUCKET}/{folder}/none")[1]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"jobs/{arn('processing-job', 'none')}", "there is no processing job arn:"),
        (f"logs/{arn('training-job', 'none')}", "there is no training job arn:"),
        (f"jobs/{arn('model', 'none')}", "is no ARN of a job (training-job, "),
        ("jobs/none", "none is no ARN of a job"),
        ("objects/no-such-bucket/x", "s3://no-such-bucket/x: "),
        ("objects/", "s3://: "),
    ],
)
def test_what_is_not_there_is_told(aws: LocalAws, path: str, told: str) -> None:
    with pytest.raises(HTTPError) as caught:
        page(aws, path)
    assert caught.value.code == 404
    assert told in json.load(caught.value)["error"]
