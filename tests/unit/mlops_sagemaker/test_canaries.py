import pytest

from mlops_sagemaker.canaries import Drift, Toll


def test_a_toll_says_in_a_line_what_a_version_has_cost() -> None:
    toll = Toll(requests=200, met=22, failed=9, seconds=41)
    assert str(toll) == "22 of 200 requests met the version, 9 failed (a share of 0.045); champion back after 41 s"
    assert toll.document() == {
        "requests": 200,
        "met": 22,
        "failed": 9,
        "seconds": 41,
        "share": 0.045,
        "text": str(toll),
    }


def test_where_nobody_asked_nothing_failed() -> None:
    assert Toll(requests=0, met=0, failed=0, seconds=3).share == 0


MINUTES = [{"SampleCount": 3.0, "Average": 0.05}, {"SampleCount": 4.0, "Average": 0.0812}]


def test_drift_that_was_measured_says_how_often_and_the_worst_of_it() -> None:
    drift = Drift.of(MINUTES, 537)
    assert str(drift) == "judged: 0.081 at most, by 7 windows of 200 predictions"
    assert drift.document() == {
        "windows": 7,
        "highest": 0.0812,
        "evaluated": 537,
        "judged": True,
        "text": str(drift),
    }


@pytest.mark.parametrize(
    ("evaluated", "told"),
    [
        (300, "not judged: no process of the server made 200 predictions while traffic shifted"),
        (299, "not judged: the evaluation made 299 predictions of 300 that it takes"),
    ],
)
def test_drift_that_was_not_measured_is_told_as_such_and_why(evaluated: int, told: str) -> None:
    drift = Drift.of([], evaluated)
    assert (drift.judged, str(drift)) == (False, told)
