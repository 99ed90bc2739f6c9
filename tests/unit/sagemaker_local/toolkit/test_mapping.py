from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.toolkit.mapping import to_arguments, to_variables

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: mapping")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, ""),
        (True, "true"),
        (0.1, "0.1"),
        ([1, "a"], '[1,"a"]'),
        ({"b": 1, "a": None}, '{"a":null,"b":1}'),
        ("ü", "ü"),
        (["ü"], '["\\u00fc"]'),
    ],
)
def test_a_variables_value_is_text_or_compact_json(value: Any, text: str) -> None:
    assert to_variables({"key": value}) == {"SM_KEY": text}


def test_a_variables_name_is_upper_case_with_its_hyphens() -> None:
    assert list(to_variables({"hp_batch-size": 1})) == ["SM_HP_BATCH-SIZE"]


def test_arguments_are_sorted_by_key_with_one_hyphen_for_one_letter() -> None:
    assert to_arguments({"zeta": 1, "a": "x", "eta": 0.5}) == ["-a", "x", "--eta", "0.5", "--zeta", "1"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "True"), (None, ""), ({"b": 1, "a": "x"}, "a=x,b=1"), ([1, 2], "[1, 2]"), (1e-3, "0.001")],
)
def test_an_arguments_value_is_what_python_prints(value: Any, text: str) -> None:
    assert to_arguments({"key": value}) == ["--key", text]
