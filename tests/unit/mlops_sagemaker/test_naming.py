import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_sagemaker import naming
from mlops_sagemaker.naming import TaskKey

PATTERN = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
KEY = TaskKey("abalone_training", "scheduled__2026-03-02T02:00:00+00:00", "train", -1, 0)
REQUEST = {"RoleArn": "arn", "HyperParameters": {"eta": "0.1"}}


def name(key: TaskKey = KEY, request: dict[str, object] = REQUEST, attempt: int = 1, length: int = 63) -> str:
    return naming.job_name(key, request, attempt, length)


@given(
    dag=st.text(min_size=1),
    run=st.text(),
    task=st.text(min_size=1),
    attempt=st.integers(1, 99),
    length=st.sampled_from([32, 63]),
)
def test_every_name_is_one_sagemaker_takes(dag: str, run: str, task: str, attempt: int, length: int) -> None:
    made = name(TaskKey(dag, run, task, 3, 1), attempt=attempt, length=length)
    assert len(made) <= length
    assert PATTERN.fullmatch(made)


def test_a_name_says_which_dag_and_task_it_is_of() -> None:
    assert name().startswith("abalone-training-train-")


def test_a_task_that_is_repeated_arrives_at_the_same_name() -> None:
    assert name(request={"HyperParameters": {"eta": "0.1"}, "RoleArn": "arn"}) == name()


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, dag_id="other_training"),
        replace(KEY, run_id="manual__2026-03-02T02:00:00+00:00"),
        replace(KEY, task_id="train2"),
        replace(KEY, map_index=0),
        replace(KEY, generation=1),
    ],
)
def test_another_task_run_map_index_or_generation_has_another_name(other: TaskKey) -> None:
    assert name(other) != name()


def test_another_request_and_another_attempt_have_another_name() -> None:
    assert len({name(), name(request={}), name(attempt=2), name(attempt=3)}) == 4


def test_long_names_are_cut_but_stay_apart() -> None:
    keys = [replace(KEY, dag_id="d" * 200, task_id="t" * 200 + end) for end in "ab"]
    assert len({name(key) for key in keys}) == 2


def test_a_model_package_group_is_named_as_sagemaker_allows() -> None:
    assert naming.group_name("house_prices_2") == "house-prices-2"


def test_a_token_is_that_of_one_thing() -> None:
    token = naming.client_token(["abalone", "s3://b/model.tar.gz"])
    assert naming.client_token(["abalone", "s3://b/model.tar.gz"]) == token
    assert naming.client_token(["churn", "s3://b/model.tar.gz"]) != token
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,36}", token)


def test_run_folders_are_plain_words_and_never_shared() -> None:
    runs = ["manual__2026-03-02T02:00:00+00:00", "manual__2026-03-02T02:00:00 00:00", "x" * 250, "x" * 249]
    folders = [naming.run_key("abalone_training", run) for run in runs]
    assert len(set(folders)) == len(runs)
    assert all(re.fullmatch(r"[A-Za-z0-9-]{1,60}", folder) for folder in folders)


def test_the_same_content_has_the_same_name_whoever_asks() -> None:
    names = {
        naming.content_name("abalone staging", {"a": 1, "b": [2]}),
        naming.content_name("abalone staging", {"b": [2], "a": 1}),
    }
    assert len(names) == 1
    (name,) = names
    assert re.fullmatch(r"abalone-staging-[0-9a-f]{10}", name)
    assert naming.content_name("abalone staging", {"a": 2}) != name


def test_a_long_prefix_is_cut_and_never_the_digest() -> None:
    name = naming.content_name("a" * 100, {"a": 1})
    assert len(name) == 63
    assert name.endswith(naming.content_name("", {"a": 1}))
