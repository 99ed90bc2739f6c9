"""A few nights, lived through with the real job code."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.traffic import Planted
from mlops_sagemaker.drift import Check, DriftPolicy
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.rules import Beats, MinRows, Threshold
from mlops_sagemaker.traffic import TrafficWindow
from monitoring import data as jobs_data
from monitoring import model as jobs_model
from nights.jobs import Beside, Jobs
from nights.page import page
from nights.plan import Plan
from nights.simulation import Nights, line
from nights.world import Episode, World

ROOT = Path(__file__).parents[3]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# From the afternoon of the first day to that of the fourth: the second retraining sees a whole day of it.
DRIFT = Episode(BEGIN + 14 * HOUR, BEGIN + 86 * HOUR, Planted("shift", "length", 0.4))
# Requests without a column are answered with an error, and not captured.
REFUSED = Episode(BEGIN + 105 * HOUR, BEGIN + 107 * HOUR, Planted("missing", "diameter"))
SILENCE = Episode(BEGIN + 90 * HOUR, BEGIN + 98 * HOUR)
BLACKOUT = Episode(BEGIN + 97 * HOUR, BEGIN + 99 * HOUR)
# A world that has changed for good late on the first day, and a model that does not mind.
HARMLESS = Episode(BEGIN + 22 * HOUR, BEGIN + 365 * DAY, Planted("shift", "height", 0.02))


def plan(days: int, retrainings: int = 1, min_gain: float = 0.0) -> Plan:
    return Plan(
        use_case="abalone",
        timezone="UTC",
        begin=BEGIN,
        end=BEGIN + days * DAY,
        training=tuple(BEGIN + number * DAY + 2 * HOUR for number in range(days)),
        monitoring=tuple(BEGIN + number * HOUR + HOUR / 4 for number in range(1, 24 * days)),
        gate=Policy(
            metric="mse",
            rules=(
                MinRows(rows=200),
                Threshold(metric="mse", bound=9.0),
                Beats(rival="champion", metric="mse", min_gain=min_gain, alpha=0.05),
            ),
        ),
        drift=DriftPolicy(
            {"data": Check(HOUR, 4 * HOUR), "model": Check(DAY, 2 * DAY, 1, 1)}, cool_down=DAY, retrainings=retrainings
        ),
    )


def play(folder: Path, planned: Plan, *drifts: Episode, **outages: Any) -> list[dict[str, Any]]:
    """The log of a plan in a world of these drifts and outages alone."""
    data = ROOT / "include" / "data" / f"{planned.use_case}.csv"
    world = World(data, 1, planned.begin, planned.end, [])
    none: dict[str, Any] = {"silences": [], "blackouts": [], "missing": set()}
    vars(world).update({"drifts": drifts, **none, **outages})
    return list(Nights(planned, world, Jobs(planned.use_case, planned.candidates, folder)))


def lived(folder: Path, days: int = 5) -> list[dict[str, Any]]:
    outages = {"silences": [SILENCE], "blackouts": [BLACKOUT], "missing": {(BEGIN + DAY).date()}}
    return play(folder, plan(days), DRIFT, REFUSED, **outages)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return lived(tmp_path_factory.mktemp("nights"))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return play(tmp_path_factory.mktemp("harmless"), plan(3, retrainings=2, min_gain=1.0), HARMLESS)


def acted(log: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [entry for entry in log if (entry["what"], entry["outcome"]) == ("decision", action)]


def test_the_first_night_promotes_and_the_others_must_do_better(log: list[dict[str, Any]]) -> None:
    trained = [entry for entry in log if entry["what"] == "training"]
    assert (trained[0]["outcome"], trained[0]["version"], trained[0]["why"]) == ("promoted", 1, "night")
    assert {entry["outcome"] for entry in trained} <= {"promoted", "refused", "missed"}
    assert all(entry["reason"] for entry in log)


def test_drift_is_found_within_its_declared_windows_and_trains_at_once(log: list[dict[str, Any]]) -> None:
    (first, *_) = acted(log, "retrain")
    found = datetime.fromisoformat(first["at"])
    assert DRIFT.start < found <= DRIFT.start + 3 * HOUR
    assert first["planted"] == "shift of length"
    (training, *_) = [entry for entry in log if entry.get("why") == "drift"]
    assert training["at"] == first["at"]
    assert training["window"] == found.date().isoformat(), "the midnight before"


def test_people_are_called_for_a_drift_that_its_retraining_has_not_ended(log: list[dict[str, Any]]) -> None:
    (called,) = acted(log, "escalate")
    retrained = datetime.fromisoformat(acted(log, "retrain")[0]["at"])
    assert datetime.fromisoformat(called["at"]) - retrained >= DAY


def test_a_drift_that_does_no_harm_moves_the_baseline_and_calls_nobody(harmless: list[dict[str, Any]]) -> None:
    moves = [entry for entry in harmless if entry["what"] == "baseline"]
    assert [entry["outcome"] for entry in moves] == ["stays", "rebaselined"]
    assert "the data begins at 2026-01-01 00:00 UTC, before the drift did" in moves[0]["reason"]
    retrained = [entry["at"] for entry in acted(harmless, "retrain")]
    assert [entry["at"] for entry in moves] == retrained
    after = [entry for entry in harmless if entry["at"] > retrained[-1] and entry["what"] != "training"]
    assert after == [], "the changed world is as ever now"
    assert "retraining 2 of 2" in moves[1]["reason"]
    assert "1 baselines moved" in page("", harmless)


def test_quality_is_that_at_registration_though_the_baseline_of_the_data_has_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = {"registered": Beside("data", "answers"), "moved": Beside("new data", "new answers")}  # type: ignore[arg-type]
    champion: Any = SimpleNamespace(registered=beside["registered"], beside=lambda at: ("1 beside 2", beside["moved"]))
    at, jobs = TrafficWindow(BEGIN, BEGIN + HOUR), Jobs("abalone", {}, tmp_path)
    monkeypatch.setattr(jobs, "_files", lambda kind, window: [kind])
    for monitor in (jobs_data, jobs_model):
        monkeypatch.setattr(monitor, "analyse", lambda *given: SimpleNamespace(result={"given": given}))
    of_data, of_model = (set(map(str, jobs.look(each, champion, at, BEGIN)["given"])) for each in ("data", "model"))
    assert of_data >= {"new data", "new answers"}
    assert "answers" in of_model
    assert not of_model & {"new data", "new answers"}


def test_labels_that_turn_are_found_by_a_classifiers_metrics(tmp_path: Path) -> None:
    gate = Policy(metric="auc", rules=(MinRows(rows=200), Threshold(metric="auc", bound=0.9)))
    whole = replace(plan(3), use_case="churn", gate=gate, end=BEGIN + 3 * DAY + HOUR)
    # One night, and the hour whose labels are those of the day before yesterday.
    planned = replace(whole, training=whole.training[:1], monitoring=(BEGIN + 3 * DAY + HOUR / 4,))
    turned = Planted("label", "Churn?", 0.3, ("False.", "True."))
    log = play(tmp_path, planned, Episode(BEGIN + DAY, BEGIN + 2 * DAY, turned))
    (found,) = [entry for entry in log if entry["what"] == "model"]
    assert found["outcome"] == "violations"
    assert found["reason"] == "recall: LessThanThreshold, and 10 more"


def test_data_without_a_column_is_refused_by_validation_and_the_champion_serves_on(tmp_path: Path) -> None:
    lacking = Episode(BEGIN + DAY, BEGIN + 2 * DAY, Planted("missing", "diameter"))
    log = play(tmp_path, replace(plan(3), monitoring=()), lacking)
    first, second, third = (entry for entry in log if entry["what"] == "training")
    assert (first["outcome"], third["outcome"]) == ("promoted", "failed")
    assert third["reason"].startswith("validate: ")
    assert "day=2026-01-02/rows.csv, line 1: missing column 'diameter'" in third["reason"]
    assert second["outcome"] == "refused"


def test_silence_is_told_once(log: list[dict[str, Any]]) -> None:
    (told,) = acted(log, "silence")
    assert datetime.fromisoformat(told["at"]) == SILENCE.start + 4 * HOUR + HOUR / 4


def test_a_night_in_which_airflow_is_down_is_missed_and_never_made_up_for(log: list[dict[str, Any]]) -> None:
    (missed,) = [entry for entry in log if entry["outcome"] == "missed"]
    assert missed["at"] == (BEGIN + 4 * DAY + 2 * HOUR).isoformat()
    down = [entry for entry in log if BLACKOUT.holds(datetime.fromisoformat(entry["at"]))]
    assert down == [missed]


def test_the_same_seed_writes_the_same_log(log: list[dict[str, Any]], tmp_path: Path) -> None:
    again = lived(tmp_path, days=2)
    until = (BEGIN + 2 * DAY).isoformat()
    assert [line(entry) for entry in again] == [line(entry) for entry in log if entry["at"] < until]


def test_the_timeline_tells_of_every_decision_and_why(log: list[dict[str, Any]]) -> None:
    drawn = page("Five <nights>", log)
    assert "Five &lt;nights&gt;" in drawn
    assert drawn.count("<tr") == 1 + len({entry["at"][:10] for entry in log})
    for word in ("retrain", "escalate", "silence", "after drift:", "shift of length", "1 calls for people"):
        assert word in drawn
    assert json.loads(line(log[0])) == log[0]
