"""Autotune: hints become ranges, and what is left open is decided and shown."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.errors import ServiceError
from sagemaker_local.tuning.autotune import autotuned
from tests.unit.sagemaker_local.tuning.records import definition, own, request, several

ENABLED = {"Mode": "Enabled"}
UNBOUNDED = {"ResourceLimits": {"MaxParallelTrainingJobs": 1}}


def tuned(*hints: tuple[str, str], **others: Any) -> dict[str, Any]:
    """A request with hints, autotuned."""
    items = [{"Name": name, "ValueHint": hint} for name, hint in hints]
    config = {"ParameterRanges": {"AutoParameters": items}, **others.pop("config", {})}
    return autotuned(request(config=config, Autotune=ENABLED, **others))


def ranges_of(whole: dict[str, Any]) -> dict[str, Any]:
    ranges: dict[str, Any] = whole["HyperParameterTuningJobConfig"]["ParameterRanges"]
    return ranges


@pytest.mark.parametrize(
    ("hint", "kind", "low", "high"),
    [
        ("4", "IntegerParameterRanges", "2", "8"),  # the guide's example
        ("1", "IntegerParameterRanges", "1", "2"),
        ("0.3", "ContinuousParameterRanges", "0.15", "0.6"),
        ("0.8", "ContinuousParameterRanges", "0.4", "1.0"),
        ("1.5", "ContinuousParameterRanges", "0.75", "3.0"),
    ],
)
def test_a_number_becomes_a_range_around_it(hint: str, kind: str, low: str, high: str) -> None:
    assert ranges_of(tuned(("p", hint))) == {kind: [{"Name": "p", "MinValue": low, "MaxValue": high}]}


@pytest.mark.parametrize("hint", ["relu", "", "0", "-1", "nan", "inf", '"adam"'])
def test_what_no_range_can_be_made_of_stays_the_value_that_it_is(hint: str) -> None:
    whole = tuned(("p", hint))
    assert ranges_of(whole) == {}
    assert whole["TrainingJobDefinition"]["StaticHyperParameters"] == {"p": hint}


def test_ranges_that_are_given_stay_and_so_do_values() -> None:
    given = {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "3"}]}
    hint = {"Name": "p", "ValueHint": "4"}
    item = definition(StaticHyperParameters={"s": "1"})
    whole = tuned(TrainingJobDefinition=item, config={"ParameterRanges": {**given, "AutoParameters": [hint]}})
    assert [item["Name"] for item in ranges_of(whole)["IntegerParameterRanges"]] == ["n", "p"]
    assert whole["TrainingJobDefinition"]["StaticHyperParameters"] == {"s": "1"}


def test_what_is_left_open_is_decided() -> None:
    config = tuned(("p", "4"), config=UNBOUNDED)["HyperParameterTuningJobConfig"]
    assert config["ResourceLimits"] == {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 20}
    assert config["TrainingJobEarlyStoppingType"] == "Auto"
    assert config["TuningJobCompletionCriteria"] == {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}


def test_what_is_said_stays() -> None:
    said = {"TrainingJobEarlyStoppingType": "Off", "TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 1.0}}
    config = tuned(("p", "4"), config=said)["HyperParameterTuningJobConfig"]
    assert said.items() <= config.items()
    assert config["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 4


@pytest.mark.parametrize("strategy", ["Hyperband", "Grid"])
def test_what_a_strategy_forbids_is_not_decided(strategy: str) -> None:
    config = tuned(config={"Strategy": strategy, **UNBOUNDED})["HyperParameterTuningJobConfig"]
    assert config["TrainingJobEarlyStoppingType"] == ("Off" if strategy == "Hyperband" else "Auto")
    assert ("MaxNumberOfTrainingJobs" in config["ResourceLimits"]) == (strategy != "Grid")


def test_definitions_have_hints_of_their_own() -> None:
    hints = {"AutoParameters": [{"Name": "n", "ValueHint": "4"}, {"Name": "s", "ValueHint": "relu"}]}
    whole = autotuned({**several(own("a", HyperParameterRanges=hints), own("b")), "Autotune": ENABLED})
    first, second = whole["TrainingJobDefinitions"]
    assert first["HyperParameterRanges"] == {
        "IntegerParameterRanges": [{"Name": "n", "MinValue": "2", "MaxValue": "8"}]
    }
    assert (first["StaticHyperParameters"], second["StaticHyperParameters"]) == ({"s": "relu"}, {})
    assert whole["HyperParameterTuningJobConfig"]["TrainingJobEarlyStoppingType"] == "Off"


def test_without_autotune_nothing_is_decided_and_hints_are_refused() -> None:
    assert autotuned(request()) == request()
    hints = {"AutoParameters": [{"Name": "n", "ValueHint": "4"}]}
    for whole in (
        request(config={"ParameterRanges": hints}),
        request(TrainingJobDefinition=definition(HyperParameterRanges=hints)),
        several(own("a"), own("b", HyperParameterRanges=hints)),
    ):
        with pytest.raises(ServiceError, match="AutoParameters needs Autotune with Mode Enabled"):
            autotuned(whole)


def test_the_request_itself_is_left_alone() -> None:
    whole = request(Autotune=ENABLED, config={"ParameterRanges": {"AutoParameters": [{"Name": "n", "ValueHint": "4"}]}})
    before = str(whole)
    autotuned(whole)
    assert str(whole) == before
