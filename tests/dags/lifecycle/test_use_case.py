from typing import Any

import pytest

from lifecycle.use_case import Candidate, Ingestion
from tests.dags.lifecycle.declared import declared

NO_NAMES = ["", "Abalone", "abalone rings", "1st", "_x", "x_", "a__b", "a\n", "a" * 33, "abalone-2"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_would_break_ids_folders_or_groups_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="use case name"):
        declared(name=name)


def test_a_window_without_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="window_days of rings is 0"):
        declared(window_days=0)


@pytest.mark.parametrize("limits", [{"min_rows": 0}, {"max_implausible": 1.1}, {"max_missing": -0.1}])
def test_limits_that_no_file_could_keep_or_break_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="min_rows of 1 or more, and shares from 0 to 1"):
        Ingestion(**limits)


def test_a_marker_lies_beside_the_files() -> None:
    with pytest.raises(ValueError, match="the marker 'done/yes' is the name of an object beside the files"):
        Ingestion(marker="done/yes")


def test_the_longest_name_still_makes_dags_that_amazon_mwaa_can_trigger() -> None:
    assert len(f"/dags/{declared(name='a' * 32).name}_deployment/dagRuns") <= 64


def test_a_candidate_is_named_as_fields_and_folders_can_be() -> None:
    with pytest.raises(ValueError, match="candidate name 'x-g'"):
        declared(candidates={"x-g": Candidate()})


@pytest.mark.parametrize("number", [0, 8])
def test_as_many_candidates_as_one_evaluation_takes(number: int) -> None:
    with pytest.raises(ValueError, match=f"declare 1 to 7 candidates, not {number}"):
        declared(candidates={f"candidate_{index}": Candidate() for index in range(number)})
