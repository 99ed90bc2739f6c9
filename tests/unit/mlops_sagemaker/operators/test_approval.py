from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk.api.datamodels._generated import DagRunState
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError, AirflowSkipException, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import (
    DagRunResult,
    DRCount,
    ErrorResponse,
    GetDagRun,
    GetDRCount,
    GetTaskStates,
    TaskStatesResult,
)

from mlops_sagemaker._compat import HITLOperator
from mlops_sagemaker.operators.approval import ApproveDeploymentOperator, RecordApprovalOperator
from tests.unit.mlops_sagemaker.contexts import RUN_ID, context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

REPLAY = "s3://b/replay.json"
ANSWER = {"approved": True, "by": "jo", "why": "good"}


def ask(policy: str = "manual", package: dict[str, Any] | None = None) -> ApproveDeploymentOperator:
    return ApproveDeploymentOperator(
        task_id="approve",
        subject="Put it there?",
        body="It is good.",
        policy=policy,
        run=package and run_of(package),
        use_case="abalone",
    )


@pytest.fixture
def package(aws: FakeAws) -> dict[str, Any]:
    return version(aws, approved_at=100.0)


def version(aws: FakeAws, approved_at: float) -> dict[str, Any]:
    aws.groups.setdefault("abalone", "")
    request = {"ModelPackageGroupName": "abalone", "ModelApprovalStatus": "Approved"}
    aws.call("CreateModelPackage", {**request, "CustomerMetadataProperties": {}})
    aws.packages[-1]["LastModifiedTime"] = approved_at
    return aws.packages[-1]


def run_of(package: dict[str, Any]) -> dict[str, Any]:
    return {
        "model_package_arn": package["ModelPackageArn"],
        "approved_at": 100.0,
        "champion_uri": "s3://b/champion.json",
    }


def record(package: dict[str, Any], **answer: Any) -> RecordApprovalOperator:
    return RecordApprovalOperator(
        task_id="record", run=run_of(package), answer={**ANSWER, **answer}, replay=REPLAY, use_case="abalone"
    )


def executed(operator: Any) -> Any:
    return operator.execute(context_for(operator))


def test_a_policy_answers_for_people_and_says_so() -> None:
    assert executed(ask("automatic")) == {
        "approved": True,
        "by": "policy",
        "why": "the approval is declared as automatic",
    }


def test_a_question_that_does_not_wait_is_no_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HITLOperator, "execute", lambda *_: None)
    assert executed(ask("manual")) is None


def test_people_have_no_default_and_no_deadline() -> None:
    operator = ask()
    assert operator.options == ["Approve", "Reject"]
    assert operator.defaults is None
    assert operator.response_timeout == timedelta(minutes=3), "after which the question is looked at, not answered"


@pytest.mark.parametrize(("option", "approved"), [("Approve", True), ("Reject", False)])
def test_their_answer_is_who_what_and_why(option: str, approved: bool) -> None:
    operator = ask()
    event = {
        "chosen_options": [option],
        "params_input": {"reason": "because"},
        "responded_at": datetime(2026, 3, 2, tzinfo=UTC),
        "responded_by_user": {"id": "1", "name": "jo"},
    }
    answer = operator.execute_complete(context_for(operator), event)
    assert answer == {"approved": approved, "by": "jo", "why": "because"}


def test_an_approval_is_written_down_with_the_version(aws: FakeAws, package: dict[str, Any]) -> None:
    assert executed(record(package))["approved"]
    assert package["CustomerMetadataProperties"] == {
        "production_approval": "Approved for production by jo: good",
        "replay": REPLAY,
    }


def test_a_no_rejects_the_version_and_is_no_error(aws: FakeAws, package: dict[str, Any]) -> None:
    with pytest.raises(AirflowSkipException, match="Rejected for production by jo: too slow"):
        executed(record(package, approved=False, why="too slow"))
    changes = aws.asked("UpdateModelPackage")
    assert changes[0]["ModelApprovalStatus"] == "Rejected"
    assert changes[0]["ApprovalDescription"] == "Rejected for production by jo: too slow"
    assert changes[1]["CustomerMetadataProperties"]["deployment"].startswith("refused: Rejected")


def test_a_version_that_was_overtaken_meanwhile_goes_no_further(aws: FakeAws, package: dict[str, Any]) -> None:
    later = version(aws, approved_at=200.0)
    with pytest.raises(AirflowSkipException, match=f"superseded: by {later['ModelPackageArn']}"):
        executed(record(package))
    assert package["CustomerMetadataProperties"]["deployment"].startswith("superseded")


def test_a_version_that_was_approved_earlier_overtakes_nothing(aws: FakeAws, package: dict[str, Any]) -> None:
    version(aws, approved_at=50.0)
    assert executed(record(package))["approved"]


def test_what_is_written_down_with_a_version_hides_no_later_approval(aws: FakeAws, package: dict[str, Any]) -> None:
    later = version(aws, approved_at=200.0)
    package["LastModifiedTime"] = 300.0
    with pytest.raises(AirflowSkipException, match=f"superseded: by {later['ModelPackageArn']}"):
        executed(record(package))


class Line:
    """The runs that wait for their turn, as Airflow tells of them."""

    def __init__(self) -> None:
        self.runs: dict[str, DagRunResult] = {}

    def add(self, state: DagRunState = DagRunState.QUEUED, **conf: Any) -> None:
        """Somebody starts a run by hand."""
        run_id = f"manual__{len(self.runs)}"
        self.runs[run_id] = DagRunResult.model_construct(
            run_id=run_id, state=state, conf=conf, triggering_user_name="jo"
        )

    def send(self, message: GetDRCount | GetTaskStates | GetDagRun) -> Any:
        """Airflow's answer to a task."""
        if isinstance(message, GetDRCount):
            assert message.states == ["queued"]
            return DRCount(count=len(self.runs))
        if isinstance(message, GetTaskStates):
            states = {run_id: {"approve": None} for run_id in self.runs}
            return TaskStatesResult(
                task_states={RUN_ID: {"approve": "running"}, "over": {"approve": "success"}} | states
            )
        assert isinstance(message, GetDagRun)
        return self.runs[message.run_id]


@pytest.fixture(autouse=True)
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    line = Line()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", line, raising=False)
    return line


NO_ANSWER = {"error": "No answer yet.", "error_type": "timeout"}


def looked_again(package: dict[str, Any]) -> Any:
    """What comes of a question that nobody has answered so far: another wait, or the task's end."""
    operator = ask(package=package)
    context = context_for(operator)
    context["ti"].id = uuid4()
    try:
        return operator.execute_complete(context, dict(NO_ANSWER))
    except BaseException as end:  # a wait is none of Exception
        return end


def test_a_question_that_stands_is_waited_for_again(aws: FakeAws, package: dict[str, Any]) -> None:
    wait = looked_again(package)
    assert not isinstance(wait, Exception), wait
    assert wait.method_name == "execute_complete"
    assert "deployment" not in package["CustomerMetadataProperties"]


def test_a_question_that_a_later_approval_overtakes_ends_and_makes_room(aws: FakeAws, package: dict[str, Any]) -> None:
    later = version(aws, approved_at=200.0)
    end = looked_again(package)
    assert isinstance(end, AirflowSkipException)
    assert str(end) == f"superseded: by {later['ModelPackageArn']}"
    assert package["CustomerMetadataProperties"]["deployment"].startswith("superseded: by ")


def test_a_question_about_what_the_registry_has_rejected_ends(aws: FakeAws, package: dict[str, Any]) -> None:
    package["ModelApprovalStatus"] = "Rejected"
    end = looked_again(package)
    assert isinstance(end, AirflowSkipException)
    assert package["CustomerMetadataProperties"]["deployment"] == "refused: it is Rejected in the registry"


def test_a_run_by_hand_that_names_another_version_has_the_question_withdrawn(
    aws: FakeAws, package: dict[str, Any], line: Line
) -> None:
    older = version(aws, approved_at=50.0)
    line.add(version=2)
    end = looked_again(package)
    assert isinstance(end, AirflowSkipException)
    assert str(end) == f"superseded: by {older['ModelPackageArn']} that jo named"
    assert package["CustomerMetadataProperties"]["deployment"] == str(end)


@pytest.mark.parametrize("conf", [{}, {"version": None}, {"version": 1}, {"version": 7}, {"approval": "manual"}])
def test_a_run_in_line_that_names_no_other_approved_version_waits_for_the_answer(
    aws: FakeAws, package: dict[str, Any], line: Line, conf: dict[str, Any]
) -> None:
    line.add(**conf)
    assert not isinstance(looked_again(package), Exception)
    assert "deployment" not in package["CustomerMetadataProperties"]


def test_a_run_that_never_began_and_is_over_overtakes_nothing(
    aws: FakeAws, package: dict[str, Any], line: Line
) -> None:
    version(aws, approved_at=50.0)
    line.add(DagRunState.FAILED, version=2)
    assert not isinstance(looked_again(package), Exception)


def test_a_question_waits_on_where_airflow_cannot_say_who_is_in_line(
    aws: FakeAws, package: dict[str, Any], line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(message: Any) -> None:
        raise AirflowRuntimeError(ErrorResponse(error=ErrorType.GENERIC_ERROR))

    monkeypatch.setattr(line, "send", gone)
    assert not isinstance(looked_again(package), Exception)


@pytest.mark.parametrize(("code", "waits"), [("ThrottlingException", True), ("AccessDeniedException", False)])
def test_only_what_will_not_pass_ends_a_question(aws: FakeAws, package: dict[str, Any], code: str, waits: bool) -> None:
    aws.fail("DescribeModelPackage", code)
    assert isinstance(looked_again(package), AirflowFailException) is not waits


def test_an_approval_of_what_the_registry_has_rejected_meanwhile_goes_no_further(
    aws: FakeAws, package: dict[str, Any]
) -> None:
    package["ModelApprovalStatus"] = "Rejected"
    with pytest.raises(AirflowSkipException, match="refused: it is Rejected in the registry"):
        executed(record(package))
