from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sagemaker_local.toolkit.serving.script import Script

pytestmark = pytest.mark.documented("sagemaker-inference-toolkit: transformer")
MODEL = Path("/opt/ml/model")


class Plain:
    """A framework's functions that show what they were given."""

    def input_fn(self, body: Any, content_type: str) -> Any:
        return ("input", body, content_type)

    def predict_fn(self, data: Any, model: Any) -> Any:
        return ("predict", data, model)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        return f"{prediction} as {accept}"


def script(source: str) -> Script:
    module = ModuleType("inference")
    exec(source, module.__dict__)
    return Script(module, Plain(), MODEL)


LOAD = "def model_fn(model_dir): return f'model of {model_dir}'\n"


def test_what_the_module_leaves_out_is_the_frameworks() -> None:
    answer = script(LOAD).invoke(b"1,2", "text/csv", "text/csv")
    assert answer.body.decode() == "('predict', ('input', '1,2', 'text/csv'), 'model of /opt/ml/model') as text/csv"
    assert answer.content_type == "text/csv"


def test_the_modules_functions_come_first() -> None:
    source = f"""{LOAD}
def input_fn(body, content_type): return body.upper()
def predict_fn(data, model): return data * 2
def output_fn(prediction, accept): return prediction, "text/plain"
"""
    answer = script(source).invoke(b"ab", "application/x-npy", "")
    assert (answer.body, answer.content_type) == (b"ABAB", "text/plain")


def test_one_function_can_do_it_all() -> None:
    source = f"{LOAD}def transform_fn(model, body, content_type, accept): return f'{{model}} {{body}} {{accept}}'"
    answer = script(source).invoke(b"{}", "application/json", "*/*")
    assert answer.body == b"model of /opt/ml/model {} application/json"


def test_the_default_type_of_answers_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
    assert script(LOAD).invoke(b"", "text/csv", "").content_type == "text/csv"


def test_a_function_may_take_the_context() -> None:
    source = """
def model_fn(model_dir, context): return context.system_properties["model_dir"]
def predict_fn(data, model, context): return model
"""
    assert script(source).invoke(b"", "text/csv", "x").body == b"/opt/ml/model as x"


def test_before_and_after_the_model_there_is_a_chance_to_prepare() -> None:
    source = """
seen = []
def pre_model_fn(model_dir): seen.append("before")
def model_fn(model_dir): seen.append("model"); return seen
def model_warmup_fn(model_dir, model): seen.append("after")
def transform_fn(model, body, content_type, accept): return ",".join(model)
"""
    assert script(source).invoke(b"", "text/csv", "").body == b"before,model,after"


def test_what_batch_transform_may_ask_for_is_the_modules_to_say() -> None:
    assert script(LOAD).execution_parameters() is None
    source = f"{LOAD}def execution_parameters_fn(): return {{'MaxPayloadInMB': 1}}"
    assert script(source).execution_parameters() == {"MaxPayloadInMB": 1}


@pytest.mark.parametrize(
    ("source", "error", "text"),
    [
        ("", NotImplementedError, "Please provide a model_fn implementation"),
        ("def model_fn(): pass", TypeError, r"model_fn takes 0 arguments but 1 were given"),
        (f"{LOAD}def transform_fn(): pass\ndef input_fn(): pass", ValueError, "Cannot use transform_fn implementation"),
    ],
)
def test_a_module_that_cannot_serve_is_refused_at_the_start(source: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        script(source)
