from __future__ import annotations

import pytest

from deploy.errors import Failure
from deploy.local.airflow_api import Airflow
from tests.support.local_aws import free_port
from tests.unit.deploy.local.conftest import Server


def test_airflow_is_asked_with_a_token_fetched_once(server: Server) -> None:
    server.answers["/api/v2/dags/d"] = (200, {"dag_id": "d"})
    airflow = Airflow(server.url, "admin", "password")
    airflow.dag("d")
    airflow.dag("d")
    assert server.requests == [
        ("POST", "/auth/token", {"username": "admin", "password": "password"}, None),
        ("GET", "/api/v2/dags/d", None, "Bearer secret"),
        ("GET", "/api/v2/dags/d", None, "Bearer secret"),
    ]


def test_a_run_is_triggered_without_a_logical_date(server: Server) -> None:
    server.answers["/api/v2/dags/d/dagRuns"] = (200, {"dag_run_id": "manual__1"})
    assert Airflow(server.url, "admin", "password").trigger("d", {"anew": True}) == "manual__1"
    assert server.requests[-1][2] == {"logical_date": None, "conf": {"anew": True}}


def test_an_airflow_that_does_not_answer_is_told_with_its_address() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Failure, match=f"Airflow does not answer at {nobody} .*make status"):
        Airflow(nobody, "admin", "password").dag("d")


def test_a_change_of_an_asset_is_told_by_its_exact_name(server: Server) -> None:
    found = [{"id": 7, "name": "rings_data_too"}, {"id": 8, "name": "rings_data"}]
    server.answers["/api/v2/assets?name_pattern=rings_data"] = (200, {"assets": found})
    server.answers["/api/v2/assets/events"] = (200, {})
    Airflow(server.url, "admin", "password").announce("rings_data", {"window_end": "2026-03-02"})
    assert server.requests[-1][2] == {"asset_id": 8, "extra": {"window_end": "2026-03-02"}}


def test_an_asset_that_no_dag_knows_is_named(server: Server) -> None:
    server.answers["/api/v2/assets?name_pattern=rings_data"] = (200, {"assets": [{"id": 7, "name": "rings_data_too"}]})
    with pytest.raises(Failure, match="knows the asset rings_data"):
        Airflow(server.url, "admin", "password").announce("rings_data", {})


def test_the_runs_under_way_are_asked_for_by_their_state(server: Server) -> None:
    server.answers["/api/v2/dags/d/dagRuns?state=running"] = (200, {"dag_runs": [{"dag_run_id": "manual__1"}]})
    assert Airflow(server.url, "admin", "password").active_runs("d") == ["manual__1"]


def test_whose_events_a_run_hears_of(server: Server) -> None:
    events = [{"source_dag_id": "i", "source_run_id": "1", "extra": {}}, {"source_dag_id": None, "source_run_id": None}]
    server.answers["/api/v2/dags/d/dagRuns/r/upstreamAssetEvents"] = (200, {"asset_events": events})
    assert Airflow(server.url, "admin", "password").sources("d", "r") == [("i", "1"), (None, None)]


def test_a_run_id_is_quoted_in_addresses(server: Server) -> None:
    path = "/api/v2/dags/d/dagRuns/manual__2026-11-21T07%3A00%3A00%2B00%3A00"
    server.answers[path] = (200, {"state": "running"})
    run = Airflow(server.url, "admin", "password").run("d", "manual__2026-11-21T07:00:00+00:00")
    assert run == {"state": "running"}


def test_a_log_is_read_as_lines_with_the_exceptions_text(server: Server) -> None:
    entries = [
        {"event": "started", "level": "info", "timestamp": "2026-11-21T07:00:00Z"},
        {
            "event": "Task failed",
            "level": "error",
            "error_detail": [{"exc_type": "KeyError", "exc_value": "'mse'"}],
        },
        {"event": "::endgroup::"},
    ]
    path = "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/1?full_content=true&map_index=2"
    server.answers[path] = (200, {"content": entries})
    log = Airflow(server.url, "admin", "password").log("d", "r", "t", 1, map_index=2)
    assert log == ["INFO started", "ERROR Task failed", "KeyError: 'mse'", "::endgroup::"]
