from __future__ import annotations

import json
from pathlib import Path

import pytest

from common import hyperparameters
from common.errors import UserError
from common.hyperparameters import Choice, Hyperparameter

TABLE = (
    Hyperparameter("depth", int, 4, minimum=1, maximum=16),
    Hyperparameter("eta", float, 0.03, minimum=0, maximum=1, above_minimum=True),
)


def test_what_is_not_given_has_its_default() -> None:
    assert hyperparameters.parse({}, TABLE) == {"depth": 4, "eta": 0.03}


@pytest.mark.parametrize("given", ["5", '"5"', 5])
def test_text_quoted_text_and_numbers_mean_the_same(given: object) -> None:
    assert hyperparameters.parse({"depth": given}, TABLE)["depth"] == 5


def test_the_types_are_those_of_the_table() -> None:
    parsed = hyperparameters.parse({"depth": "5", "eta": "1"}, TABLE)
    assert {name: type(value) for name, value in parsed.items()} == {"depth": int, "eta": float}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("depth", "0"),
        ("depth", "17"),
        ("depth", "5.5"),
        ("depth", "deep"),
        ("depth", ""),
        ("depth", "1_0"),
        ("depth", "٥"),
        ("depth", '"5'),
        ("depth", True),
        ("depth", None),
        ("depth", [5]),
        ("eta", "0"),
        ("eta", "1.01"),
        ("eta", "nan"),
        ("eta", "inf"),
        ("eta", '"true"'),
        ("eta", "-0.1"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name_with_what_is(name: str, given: object) -> None:
    with pytest.raises(UserError, match=f"hyperparameter '{name}' is .*; it must be a (whole )?number, a"):
        hyperparameters.parse({name: given}, TABLE)


@pytest.mark.parametrize(("given", "value"), [({"depth": "1"}, 1), ({"depth": "16"}, 16)])
def test_the_ends_of_a_range_are_allowed(given: dict[str, str], value: int) -> None:
    assert hyperparameters.parse(given, TABLE)["depth"] == value


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"unknown hyperparameter 'dept'; known: depth, eta"):
        hyperparameters.parse({"dept": "5"}, TABLE)


def test_what_the_platform_adds_by_itself_is_no_unknown_name() -> None:
    added = {"_tuning_objective_metric": "validation:mse", "sagemaker_program": '"train.py"'}
    assert hyperparameters.parse(added, TABLE) == {"depth": 4, "eta": 0.03}


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "hyperparameters.json"
    file.write_text(json.dumps({"depth": "7"}))
    assert hyperparameters.read(file) == {"depth": "7"}


def test_without_a_file_nothing_is_given() -> None:
    assert hyperparameters.read(None) == {}


@pytest.mark.parametrize("given", ["gpu", '"gpu"'])
def test_a_choice_is_one_of_its_words(given: str) -> None:
    choice = Choice("device", "cpu", ("cpu", "gpu"))
    assert hyperparameters.parse({"device": given}, [choice]) == {"device": "gpu"}
    assert hyperparameters.parse({}, [choice]) == {"device": "cpu"}


@pytest.mark.parametrize("given", ["", "tpu", '"gpu', 1, None])
def test_any_other_word_is_refused_with_those_there_are(given: object) -> None:
    with pytest.raises(UserError, match=r"hyperparameter 'device' is .*; it must be one of cpu, gpu"):
        hyperparameters.parse({"device": given}, [Choice("device", "cpu", ("cpu", "gpu"))])


def test_a_file_that_holds_no_object_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hyperparameters.json"
    file.write_text("[5]")
    with pytest.raises(UserError, match=r"hyperparameters\.json: holds \[5\], not a JSON object"):
        hyperparameters.read(file)
