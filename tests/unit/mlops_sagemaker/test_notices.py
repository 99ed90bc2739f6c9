from typing import Any

from mlops_sagemaker import notices

RUN = {"window": {"end": "2026-03-02"}, "data": {"objects": 3}}
VERDICT = {"best": "forest", "metrics": {"mse": 4.5}, "reason": "mse gains more than 0.05"}
VERSION = {"model_package_arn": "arn:v/7", "version": 7, "approval_status": "PendingManualApproval"}
MODELS = {"xgboost": "", "forest": "s3://b/forest", "linear": "s3://b/linear"}


def test_a_registered_version_is_told_with_all_that_matters() -> None:
    notice = notices.of_run("rings_training", RUN, VERDICT, VERSION, None, MODELS, "s3://b/report.html")
    assert (notice.outcome, notice.version) == ("registered", "arn:v/7")
    assert notice.subject == "rings_training: version 7 registered, waits for approval, 1 of 3 candidates failed"
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
    notice = notices.of_run("rings_training", RUN, verdict, None, None, models, "s3://b/report.html")
    assert (notice.outcome, notice.version) == ("refused", None)
    assert notice.subject == "rings_training: no candidate was good enough"
    assert "Gate: mse 7 misses the threshold <= 5." in notice.text
    assert "no usable metric" in notice.text
    assert "Could not be trained" not in notice.text


def test_what_became_of_the_champions_baseline_is_told_with_the_run() -> None:
    verdict = {"best": "forest", "metrics": {"mse": 4.5}, "reason": "mse is not shown to gain more than 0.05"}
    moved = {"moved": True, "reason": "drift that does no harm"}
    notice = notices.of_run("rings_training", RUN, verdict, None, moved, MODELS, "s3://b/report.html")
    assert notice.outcome == "rebaselined"
    assert notice.subject == (
        "rings_training: no candidate was good enough, the champion's baseline moves to this data, "
        "1 of 3 candidates failed"
    )
    assert "Baseline moves: drift that does no harm." in notice.text
    stays = {"moved": False, "reason": "the champion: mse 7 misses the threshold <= 5"}
    notice = notices.of_run("rings_training", RUN, verdict, None, stays, MODELS, "s3://b/report.html")
    assert (notice.outcome, "the champion's baseline stays" in notice.subject) == ("refused", True)
    assert "Baseline stays: the champion: mse 7 misses the threshold <= 5." in notice.text


def test_a_failure_is_told_with_the_run_and_the_reason() -> None:
    notice = notices.of_failure("rings_training", "manual__1", "task_failure")
    assert notice.outcome == "failed"
    assert notice.text == "Run manual__1 of rings_training failed: task_failure"


WINDOW = {
    "window": {"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:00:00Z"},
    "champion": 3,
    "reason": "data: violations",
    "pages": {"data": "s3://b/report.html"},
    "drifting": ["data", "model"],
    "silent": [],
    "action": "none",
}


def test_each_thing_that_a_window_led_to_is_told_by_itself() -> None:
    both = notices.of_window("rings_monitoring", {**WINDOW, "action": "retrain", "silent": ["model"]})
    assert [(notice.outcome, notice.subject) for notice in both] == [
        ("drift", "rings_monitoring: drift of data and model, a retraining starts"),
        ("no data", "rings_monitoring: no data for model"),
    ]
    assert both[0].text.splitlines() == [
        "Traffic from 2026-03-02T11:00:00Z to 2026-03-02T12:00:00Z, version 3 serves.",
        "Why: data: violations.",
        "Report on data: s3://b/report.html",
    ]
    (called,) = notices.of_window("rings_monitoring", {**WINDOW, "action": "escalate"})
    assert called.outcome == "escalated"
    assert "What to do: A retraining by hand" in called.text
    assert "What to do" not in both[0].text


def refused(number: int) -> list[dict[str, Any]]:
    return [
        {"file": f"{each}.csv", "report": f"s3://b/{each}.report.json", "reasons": ["is gzip, not text", "is empty"]}
        for each in range(number)
    ]


def test_files_that_are_refused_are_told_with_all_that_is_wrong_and_where_it_is_written() -> None:
    (told,) = notices.of_ingestion("rings_ingestion", {"taken": [{}, {}], "refused": refused(1)})
    assert (told.outcome, told.subject) == ("data refused", "rings_ingestion: 1 of 3 files refused, 0.csv among them")
    assert told.text.splitlines() == [
        "0.csv is refused:",
        "- is gzip, not text",
        "- is empty",
        "  s3://b/0.report.json",
    ]
    assert notices.of_ingestion("rings_ingestion", {"taken": [{}], "refused": []}) == []


def test_of_many_refused_files_the_first_are_named_and_the_others_counted() -> None:
    (told,) = notices.of_ingestion("rings_ingestion", {"taken": [], "refused": refused(1000)})
    assert told.text.splitlines()[-1] == "And 980 more, see the task settle."
    assert len(told.text) < 10_000


def test_most_windows_are_nothing_to_tell_of() -> None:
    assert notices.of_window("rings_monitoring", WINDOW) == []
