"""The trial in an environment. MWAA itself exists on AWS only: its client is stubbed by botocore's own model of it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from deploy.aws_errors import SIGN_IN
from deploy.errors import Failure
from deploy.release.mwaa import Environment
from deploy.trial import POLL_SECONDS, main, trial

pytestmark = pytest.mark.documented("https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html")

NAME, DAG = "nightshift-staging", "abalone_training"


@pytest.fixture
def client() -> Any:
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    return boto3.client("mwaa", region_name="eu-central-1", **keys)


def expected(method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"Name": NAME, "Method": method, "Path": path, **more}


def answering(stub: Stubber, *states: str) -> None:
    """Airflow lets a run start, and says these of it, one after the other."""
    stub.add_response(
        "invoke_rest_api", {"RestApiResponse": {}}, expected("PATCH", f"/dags/{DAG}", Body={"is_paused": False})
    )
    started = {"RestApiStatusCode": 200, "RestApiResponse": {"dag_run_id": "run"}}
    stub.add_response("invoke_rest_api", started, expected("POST", f"/dags/{DAG}/dagRuns", Body={"logical_date": None}))
    for state in states:
        runs = {"dag_runs": [{"dag_run_id": "other", "state": "failed"}, {"dag_run_id": "run", "state": state}]}
        asked = expected("GET", f"/dags/{DAG}/dagRuns", QueryParameters={"order_by": "-run_after"})
        stub.add_response("invoke_rest_api", {"RestApiResponse": runs}, asked)


def test_a_run_that_succeeds_is_waited_for(client: Any) -> None:
    said: list[str] = []
    pauses: list[float] = []
    with Stubber(client) as stub:
        answering(stub, "queued", "running", "success")
        trial(Environment(client, NAME, pauses.append), DAG, said.append)
        stub.assert_no_pending_responses()
    assert said == [f"{DAG}: run has started", f"{DAG}: run has succeeded"]
    assert pauses == [POLL_SECONDS, POLL_SECONDS]


def test_a_run_that_fails_fails_the_trial(client: Any) -> None:
    with Stubber(client) as stub:
        answering(stub, "failed")
        with pytest.raises(Failure, match="run has failed"):
            trial(Environment(client, NAME), DAG, lambda _: None)


def test_a_run_that_does_not_end_fails_the_trial(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.trial.LIMIT_SECONDS", 2 * POLL_SECONDS)
    with Stubber(client) as stub:
        answering(stub, "running", "running")
        with pytest.raises(Failure, match="has not ended"):
            trial(Environment(client, NAME, lambda _: None), DAG, lambda _: None)


def test_what_airflow_answers_to_a_refused_call_is_told(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(
            "invoke_rest_api", "RestApiClientException", http_status_code=400,
            modeled_fields={"RestApiStatusCode": 404, "RestApiResponse": {"detail": "no such DAG"}},
        )  # fmt: skip
        with pytest.raises(Failure, match="no such DAG"):
            trial(Environment(client, NAME), DAG, lambda _: None)


def test_a_call_that_aws_does_not_take_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def expired(_: object) -> Any:
        raise ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "expired"}}, "InvokeRestApi")

    monkeypatch.setattr("deploy.trial.session_of", expired)
    monkeypatch.setattr("sys.argv", ["trial", "staging"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "error: An error occurred (ExpiredTokenException) when calling the InvokeRestApi operation: expired. "
        f"{SIGN_IN}.\n"
    )
