"""The server as SageMaker starts it: real processes, real HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from tests.support.polling import eventually
from tests.support.served import Serve, Server, UseCase

ROW = b"M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15"


def parquet(rows: list[dict[str, str]]) -> bytes:
    stream = pyarrow.BufferOutputStream()
    columns = {name: [row[name] if name == "sex" else float(row[name]) for row in rows] for name in rows[0]}
    pyarrow.parquet.write_table(pyarrow.table(columns), stream)
    return bytes(stream.getvalue())


def packed(sex: list[str], others: list[float]) -> bytes:
    """Abalone's columns, the last seven of which are the same."""
    names = "length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight"
    columns = {"sex": pyarrow.array(sex, pyarrow.string()), **dict.fromkeys(names, pyarrow.array(others, "float64"))}
    stream = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), stream)
    return bytes(stream.getvalue())


def answered(body: bytes, media_type: str) -> list[float]:
    match media_type:
        case "text/csv":
            return [float(line) for line in body.split(b"\n")]
        case "application/json":
            return list(json.loads(body)["predictions"])
        case "application/jsonlines":
            return [json.loads(line)["prediction"] for line in body.split(b"\n")]
    return list(pyarrow.parquet.read_table(pyarrow.BufferReader(body)).column("prediction").to_pylist())


TYPES = ("text/csv", "application/json", "application/jsonlines", "application/x-parquet")


@pytest.mark.parametrize("accept", ["", "*/*", *TYPES])
@pytest.mark.parametrize("content_type", TYPES)
def test_all_held_out_rows_at_once_in_every_format(
    server: Server, abalone: UseCase, content_type: str, accept: str
) -> None:
    lines = "\n".join(map(json.dumps, abalone.rows)).encode()
    bodies = {
        "text/csv": abalone.csv(),
        "application/json": b'{"instances": [' + lines.replace(b"\n", b",") + b"]}",
        "application/jsonlines": lines,
        "application/x-parquet": parquet(abalone.rows),
    }
    answer = server.ask("/invocations", bodies[content_type], content_type=content_type, accept=accept)
    media_type = accept if accept in TYPES else content_type
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    found = answered(answer.read(), media_type)
    np.testing.assert_allclose(found, abalone.predictions("xgboost"), rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    "body",
    [
        b'{"sex":"M","length":0.455,"diameter":"0.365","height":0.095,"whole_weight":0.514,'
        b'"shucked_weight":0.2245,"viscera_weight":0.101,"shell_weight":0.15,"rings":15}',
        b'["M",0.455,0.365,0.095,0.514,0.2245,0.101,0.15]',
        b'{"instances":[{"features":["M",0.455,0.365,0.095,0.514,0.2245,0.101,0.15]}]}',
    ],
)
def test_one_row_of_json(server: Server, body: bytes) -> None:
    wanted = server.predict(ROW)[1]
    rows = body if body.startswith(b"{") else b"[" + body + b"]"
    assert server.predict(rows, "application/json", accept="text/csv") == (200, wanted)


@pytest.mark.parametrize(
    ("content_type", "body", "row", "column", "message"),
    [
        ("text/csv", ROW.replace(b"0.365", b"abc"), 1, "diameter", "'abc' is not a number; correct the cell"),
        ("text/csv", ROW + b"\n" + ROW.replace(b"0.15", b"1e39"), 2, "shell_weight", "is not a finite 32-bit number"),
        ("text/csv", ROW + b"\n" + ROW + b",15", 2, None, "row 2 has 9 cells, not 8 cells: ['sex', 'length'"),
        ("text/csv", ROW + b",15\n" + ROW.removesuffix(b",0.15"), 1, None, "row 1 has 9 cells"),
        ("text/csv", ROW + b"\n\n" + ROW, 2, None, "row 2 has 0 cells"),
        ("text/csv", b'"M","0,4",1,1,1,1,1,1\n' * 2, 1, "length", "'0,4' is not a number"),
        ("text/csv", b"", 1, None, "row 1 has 0 cells"),
        ("text/csv", b"\xff" + ROW, None, None, "the body is not UTF-8 text"),
        ("text/csv", b'"M,1', None, None, "line 1: not CSV"),
        ("application/json", b'{"instances": []}', None, None, "there is no row; send at least one, with the columns"),
        ("application/json", b'{"sex": "M"}', 1, "length", "is missing; the row has only ['sex']"),
        ("application/json", b'[["M"]]', 1, None, "row 1 has 1 cells, not 8 cells"),
        ("application/json", b'["M"]', 1, None, "row 1 is neither an object nor a list of cells"),
        ("application/json", b"7", None, None, 'the body is no row, no list of rows, and has no list "instances"'),
        ("application/json", b"{", None, None, "the body is not JSON"),
        ("application/jsonlines", b'["M",1,1,1,1,1,1,1]\n{', 2, None, "row 2 is not JSON"),
        ("application/jsonlines", b"[1,1,1,1,1,1,1,1]", 1, "sex", "1 is not text"),
        ("application/x-parquet", b"PAR1", None, None, "the body is not Parquet"),
        ("application/x-parquet", parquet([{"sex": "M"}]), 1, "length", "is missing; the table has only ['sex']"),
        ("application/x-parquet", packed([], []), None, None, "there is no row"),
    ],
)
def test_what_is_wrong_is_told_with_its_row_and_column(
    server: Server, content_type: str, body: bytes, row: int | None, column: str | None, message: str
) -> None:
    status, content = server.predict(body, content_type)
    told = json.loads(content)
    assert (status, told.get("row"), told.get("column")) == (400, row, column)
    assert message in told["error"]


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"content_type": "text/plain"}, 415, "content type 'text/plain' is not read here; send text/csv"),
        ({"accept": "image/png"}, 406, "no answer can be 'image/png'; accept text/csv"),
        ({"accept": "text/csv; output=label"}, 406, "output='label' is not one of this model's: prediction"),
    ],
)
def test_what_cannot_be_read_or_written_is_told(
    server: Server, headers: dict[str, str], status: int, message: str
) -> None:
    found, content = server.predict(ROW, **headers)
    assert found == status
    assert message in json.loads(content)["error"]


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    status, content = server.predict(b"0" * (1 << 20 | 1))
    assert (status, "allows 1 MiB; send fewer rows" in json.loads(content)["error"]) == (413, True)


def test_a_body_that_becomes_too_large_when_it_is_unpacked_is_refused(server: Server) -> None:
    body = packed(["M"] * 100_000, [0.5] * 100_000)
    assert len(body) < 1 << 16
    status, content = server.predict(body, "application/x-parquet")
    told = "the table has 100000 rows of 6400000 bytes unpacked, and 1048576 are allowed; send fewer rows at once"
    assert (status, json.loads(content)["error"]) == (413, told)


def test_a_text_that_many_rows_share_is_one(server: Server) -> None:
    many = packed(["M"] * 2, [0.5] * 2)
    wanted = answered(server.predict(many, "application/x-parquet")[1], "application/x-parquet")
    long = packed(["M", "x" * 500_000, "M"] * 3_000, [0.5] * 9_000)
    status, content = server.predict(long, "application/x-parquet")
    found = answered(content, "application/x-parquet")
    assert (status, len(found), {found[0], found[2]}) == (200, 9_000, {wanted[0]})


def test_an_error_is_not_as_long_as_the_request(server: Server) -> None:
    row = json.dumps({f"name {number}": 1 for number in range(10_000)}).encode()
    status, content = server.predict(row, "application/json")
    assert (status, len(content) < 500, b"row 1, column 'sex'" in content) == (400, True, True)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/invocations", 405), ("GET", "/other", 404)])
def test_there_are_three_paths(server: Server, method: str, path: str, status: int) -> None:
    assert server.ask(path, method=method).status == status


def test_batch_transforms_are_told_how_to_ask(server: Server) -> None:
    found = json.loads(server.ask("/execution-parameters").read())
    assert found == {"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 1}


def test_a_classifier_answers_with_probabilities_or_labels(serve: Serve, churn: UseCase) -> None:
    server, wanted = serve(churn.model("xgboost")), churn.predictions("xgboost")
    status, content = server.predict(churn.csv())
    np.testing.assert_allclose(answered(content, "text/csv"), wanted, rtol=1e-5, atol=0)
    labels = ["True." if probability >= 0.5 else "False." for probability in wanted]
    assert server.predict(churn.csv(), accept="text/csv; output=label") == (200, "\n".join(labels).encode())
    status, content = server.predict(churn.csv(), accept="application/json;output=label")
    assert (status, json.loads(content)["predictions"]) == (200, labels)


def test_the_log_names_the_inference_and_what_failed(server: Server) -> None:
    server.predict(ROW, X_Amzn_SageMaker_Inference_Id="good-one")
    server.predict(b"M", X_Amzn_SageMaker_Inference_Id="bad-one")

    def lines() -> list[dict[str, Any]]:
        return [line for line in server.log if line.get("inference_id") in ("good-one", "bad-one")]

    eventually(lambda: len(lines()) == 2, "two lines of the log")
    bad, good = sorted(lines(), key=lambda line: str(line["inference_id"]))  # each may be another worker's
    assert (good["level"], good["status"], good["path"]) == ("info", 200, "/invocations")
    assert (bad["level"], bad["status"], bad["message"][:17]) == ("error", 400, "row 1 has 1 cells")


def test_a_model_that_does_not_fit_is_told_at_the_start(serve: Serve, abalone: UseCase, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    server = serve(model)
    assert server.process.wait(timeout=30) == 1
    assert "manifest.json cannot be read" in server.log[-1]["message"]


def test_a_setting_that_is_no_number_is_told_at_the_start(serve: Serve, abalone: UseCase) -> None:
    server = serve(abalone.model("linear"), SAGEMAKER_MODEL_SERVER_WORKERS="many")
    assert server.process.wait(timeout=30) == 1
    assert server.log[-1]["message"] == ("SAGEMAKER_MODEL_SERVER_WORKERS is 'many'; set it to a whole number above 0")


def workers(server: Server) -> set[int]:
    listing = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=False)
    return set(map(int, listing.stdout.split()))


def test_a_worker_that_is_killed_is_replaced(serve: Serve, abalone: UseCase) -> None:
    server = serve(abalone.model("linear"))
    before = workers(server)
    os.kill(min(before), signal.SIGKILL)
    eventually(lambda: len(workers(server)) == 2 and workers(server) != before, "another worker")
    assert server.predict(ROW)[0] == 200
    assert [line for line in server.log if line["message"] == "a worker ended and is replaced"]


def test_no_worker_outlives_a_server_that_is_killed(serve: Serve, abalone: UseCase) -> None:
    server = serve(abalone.model("linear"))
    left = workers(server)
    server.process.kill()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), "the end of its workers")


OWN = """
import time

def input_fn(body, content_type):
    if content_type != "text/x-sex":
        raise ValueError(f"only text/x-sex is read, not {content_type}")
    return body.decode()

def model_fn(folder):
    return {"M": 1.0, "F": 2.0}

def predict_fn(data, model):
    print("working", flush=True)
    time.sleep(float(data[1:] or 0))
    return model[data[0]]

def output_fn(prediction, accept):
    return f"it is {prediction}", "text/plain"
"""


def with_functions(model: Path, folder: Path, functions: str) -> Path:
    """A copy of the model that brings functions of its own."""
    (folder / "code").mkdir(parents=True)
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "code" / "inference.py").write_text(functions)
    return folder


def test_a_use_case_may_bring_all_four_functions(serve: Serve, abalone: UseCase, tmp_path: Path) -> None:
    server = serve(with_functions(abalone.model("linear"), tmp_path / "m", OWN))
    assert server.predict(b"F", "text/x-sex") == (200, b"it is 2.0")
    status, content = server.predict(ROW)
    assert (status, json.loads(content)["error"]) == (400, "only text/x-sex is read, not text/csv")
    status, content = server.predict(b"Q", "text/x-sex")
    assert (status, json.loads(content)["error"]) == (500, "KeyError: 'Q'")
    assert any("Traceback" in line.get("traceback", "") for line in server.log)


@pytest.mark.parametrize(
    ("functions", "change"),
    [
        ("def predict_fn(data, model): return model.predict(data) * 2", lambda value: f"{value * 2:.3f}"),
        ("def output_fn(predictions, accept): return f'{predictions[0]:.3f}'", lambda value: f"{value:.3f}"),
    ],
)
def test_what_it_does_not_bring_is_done_as_for_every_model(
    serve: Serve, abalone: UseCase, tmp_path: Path, functions: str, change: Any
) -> None:
    plain = float(serve(abalone.model("linear")).predict(ROW)[1])
    server = serve(with_functions(abalone.model("linear"), tmp_path / "m", functions))
    assert f"{float(server.predict(ROW)[1]):.3f}" == change(plain)


def test_a_model_of_its_own_needs_functions_that_know_it(serve: Serve, abalone: UseCase, tmp_path: Path) -> None:
    server = serve(with_functions(abalone.model("linear"), tmp_path / "m", "def model_fn(folder): ..."))
    assert server.process.wait(timeout=30) == 1
    assert "has model_fn and not input_fn, predict_fn, output_fn" in server.log[-1]["message"]


def test_requests_under_way_are_answered_before_the_server_ends(serve: Serve, abalone: UseCase, tmp_path: Path) -> None:
    server = serve(with_functions(abalone.model("linear"), tmp_path / "m", OWN))
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(server.predict(b"F1.5", "text/x-sex")))
    asking.start()
    eventually(lambda: "working" in server.output.read_text(), "a request under way")
    assert server.is_healthy()  # beside the slow request
    server.process.terminate()
    assert server.process.wait(timeout=30) == 0
    asking.join()
    assert answers == [(200, b"it is 2.0")]
