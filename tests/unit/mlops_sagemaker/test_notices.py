from mlops_sagemaker import notices

RUN = {"window": {"end": "2026-03-02"}, "data": {"objects": 3}}
VERDICT = {"best": "forest", "metrics": {"mse": 4.5}, "reason": "mse gains more than 0.05"}
VERSION = {"model_package_arn": "arn:v/7", "version": 7, "approval_status": "PendingManualApproval"}
MODELS = {"xgboost": "", "forest": "s3://b/forest", "linear": "s3://b/linear"}


def test_a_registered_version_is_told_with_all_that_matters() -> None:
    notice = notices.of_run("rings_training", RUN, VERDICT, VERSION, MODELS, "s3://b/report.html")
    assert (notice.outcome, notice.version) == ("registered", "arn:v/7")
    assert notice.subject == "rings_training: version 7 registered, 1 of 3 candidates failed"
    assert notice.text.splitlines() == [
        "Data before 2026-03-02, 3 objects.",
        "Best: forest, mse 4.5.",
        "Gate: mse gains more than 0.05.",
        "Could not be trained: xgboost; see the log of the task train.",
        "arn:v/7 is PendingManualApproval.",
        "Report: s3://b/report.html",
    ]


def test_a_refusal_is_told_with_its_reason() -> None:
    models = dict.fromkeys(MODELS, "s3://b/model")
    verdict = {"best": None, "metrics": {}, "reason": "mse 7 misses the threshold <= 5"}
    notice = notices.of_run("rings_training", RUN, verdict, None, models, "s3://b/report.html")
    assert (notice.outcome, notice.version) == ("refused", None)
    assert notice.subject == "rings_training: no candidate was good enough"
    assert "Gate: mse 7 misses the threshold <= 5." in notice.text
    assert "no usable metric" in notice.text
    assert "Could not be trained" not in notice.text


def test_a_failure_is_told_with_the_run_and_the_reason() -> None:
    notice = notices.of_failure("rings_training", "manual__1", "task_failure")
    assert notice.outcome == "failed"
    assert notice.text == "Run manual__1 of rings_training failed: task_failure"
