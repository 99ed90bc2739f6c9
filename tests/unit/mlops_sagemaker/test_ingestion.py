from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mlops_sagemaker import ingestion
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.ingestion import Claim, Claims, Decision, Fate
from mlops_sagemaker.reuse import StoredObject

DAY = date(2026, 3, 2)
BAD = {
    "check": "type", "column": "rings", "problem": "is not a number", "count": 3, "remedy": "correct it",
    "examples": [{"place": "line 2", "value": "x"}],
}  # fmt: skip


def there(*keys: str) -> list[StoredObject]:
    return [StoredObject(key, f"tag of {key}", 5, datetime(2026, 3, 2, tzinfo=UTC)) for key in keys]


def files(claims: Claims) -> list[str]:
    return [claim.key for claim in claims.files]


def inspected(*contents: str, problems: dict[int, list[dict[str, Any]]] | None = None) -> dict[str, Any]:
    """What the job says of files whose hashes begin like this."""
    named = enumerate(contents)
    return {
        "files": [
            {
                "file": f"{number + 1:04}.csv",
                "sha256": f"{content:0<64}",
                "rows": 7,
                "problems": (problems or {}).get(number, []),
            }
            for number, content in named
        ]
    }


def decided(claims: list[str], found: dict[str, Any], *known: str) -> list[Decision]:
    named = [Claim(key, "tag", 5, f"{number:04}.csv") for number, key in enumerate(claims, start=1)]
    return ingestion.decide(named, found, known, DAY, "run-1")


def test_every_file_is_claimed_with_what_it_is_and_in_the_order_of_names() -> None:
    claims = ingestion.claimable(there("b/x y+ü.csv", "a.csv"))
    assert claims.files == (
        Claim("a.csv", "tag of a.csv", 5, "0001.csv"),
        Claim("b/x y+ü.csv", "tag of b/x y+ü.csv", 5, "0002.csv"),
    )
    assert claims.markers == ()


def test_folders_and_what_writers_keep_to_themselves_are_no_files() -> None:
    assert files(
        ingestion.claimable(there("a/", "_SUCCESS", ".part", "_temporary/0/a.csv", "a/.b/c.csv", "c.csv"))
    ) == ["c.csv"]


def test_with_a_marker_only_complete_folders_are_claimed_and_their_markers_too() -> None:
    claims = ingestion.claimable(
        there("a/1.csv", "a/2.csv", "a/_SUCCESS", "b/1.csv", "a/c/1.csv", "_SUCCESS"), "_SUCCESS"
    )
    assert files(claims) == ["a/1.csv", "a/2.csv"]
    assert [marker.key for marker in claims.markers] == ["a/_SUCCESS"]


def test_a_marker_of_any_name_is_no_file() -> None:
    claims = ingestion.claimable(there("1.csv", "done"), "done")
    assert (files(claims), [marker.key for marker in claims.markers]) == (["1.csv"], ["done"])


def test_what_is_too_much_for_a_run_stays_and_so_does_the_marker_of_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "MOST", 3)
    come = there(*(f"a/{number}.csv" for number in (1, 2)), "a/_OK", *(f"b/{number}.csv" for number in (1, 2)), "b/_OK")
    claims = ingestion.claimable(come, "_OK")
    assert files(claims) == ["a/1.csv", "a/2.csv", "b/1.csv"]
    assert [marker.key for marker in claims.markers] == ["a/_OK"]
    assert files(ingestion.claimable(come)) == ["a/1.csv", "a/2.csv", "b/1.csv"]


def test_what_is_too_large_for_a_run_stays_but_one_file_is_claimed_however_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    come = there("a.csv", "b.csv", "c.csv")
    monkeypatch.setattr(ingestion, "MOST_BYTES", 10)
    assert files(ingestion.claimable(come)) == ["a.csv", "b.csv"]
    monkeypatch.setattr(ingestion, "MOST_BYTES", 4)
    assert files(ingestion.claimable(come)) == ["a.csv"]
    assert files(ingestion.claimable([])) == []


def test_a_folder_of_which_something_is_left_keeps_its_marker() -> None:
    claims = ingestion.claimable(there("a/1.csv", "a/2.csv", "a/_OK", "b/1.csv", "b/_OK", "1.csv", "_OK"), "_OK")
    left = [claim for claim in claims.files if claim.key == "a/2.csv"]
    assert files(claims.without(left)) == ["1.csv", "a/1.csv", "b/1.csv"]
    assert [marker.key for marker in claims.without(left).markers] == ["_OK", "b/_OK"]


def test_claims_are_remembered() -> None:
    claims = Claims((Claim("a", "1", 2),), (Claim("_SUCCESS", "3", 0),))
    assert ingestion.remembered(json.loads(json.dumps(claims.document()))) == claims


def test_a_good_file_becomes_data_of_the_day_under_the_hash_of_its_content() -> None:
    (decision,) = decided(["x.csv"], inspected("abc"))
    assert decision == Decision("x.csv", "0001.csv", Fate.TAKEN, f"data/day=2026-03-02/{'abc':0<16}.csv", 7)


def test_a_file_with_a_problem_goes_to_quarantine_under_its_own_name() -> None:
    good, bad = decided(["a.csv", "in/ü b.csv"], inspected("1", "2", problems={1: [BAD]}))
    assert good.fate is Fate.TAKEN
    assert (bad.fate, bad.target) == (Fate.REFUSED, "quarantine/day=2026-03-02/run-1/0002/ü b.csv")
    assert (good.report, bad.report) == (None, "quarantine/day=2026-03-02/run-1/0002.report.json")
    assert bad.reasons == ["column 'rings': is not a number (3 times, first line 2: 'x'); correct it"]


def test_content_that_is_data_already_is_refused_whatever_day_it_is_of() -> None:
    known = f"day=2025-01-01/{'abc':0<16}.csv"
    (decision,) = decided(["x.csv"], inspected("abc"), known, "day=2025-01-01/other.csv")
    assert decision.fate is Fate.REFUSED
    assert decision.reasons == [f"has the content of {known}; nothing is to be done: its rows are data already"]


def test_of_two_files_of_one_content_the_first_is_taken() -> None:
    first, second = decided(["a.csv", "b.csv"], inspected("abc", "abc"))
    assert (first.fate, second.fate) == (Fate.TAKEN, Fate.REFUSED)
    assert "has the content of a.csv, which comes with it" in second.reasons[0]


def test_a_refused_file_makes_no_other_known() -> None:
    problems = {0: [BAD]}
    assert [each.fate for each in decided(["a.csv", "b.csv"], inspected("abc", "abc", problems=problems))] == [
        Fate.REFUSED,
        Fate.TAKEN,
    ]


def test_an_empty_file_is_refused_whether_or_not_the_job_was_given_it() -> None:
    (decision,) = ingestion.decide([Claim("x.csv", "tag", 0, "0001.csv")], {"files": []}, [], DAY, "run-1")
    assert (decision.fate, decision.reasons) == (Fate.REFUSED, ["is empty; send the file again with its rows"])


def test_a_file_that_was_not_inspected_is_neither_taken_nor_refused() -> None:
    with pytest.raises(UserError, match=r"has not inspected b.csv \(0002.csv\); clear the task inspect"):
        decided(["a.csv", "b.csv"], inspected("1"))


def test_a_name_of_any_length_fits_into_a_key() -> None:
    (decision,) = decided(["in/" + "ü" * 500 + ".csv"], inspected("1", problems={0: [BAD]}))
    assert decision.target.endswith("ü.csv")
    assert len(decision.target.encode()) < 400
