import pytest

from tests.dags.lifecycle.declared import declared


@pytest.mark.parametrize("name", ["", "Abalone", "abalone rings", "1st", "_x", "a" * 33, "abalone-2"])
def test_a_name_that_would_break_ids_folders_or_groups_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="use case name"):
        declared(name=name)


def test_a_window_without_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="window_days of rings is 0"):
        declared(window_days=0)


def test_the_longest_name_still_makes_dags_that_amazon_mwaa_can_trigger() -> None:
    assert len(f"/dags/{declared(name='a' * 32).name}_deployment/dagRuns") <= 64
