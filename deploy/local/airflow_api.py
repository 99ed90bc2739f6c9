"""Airflow's REST API, version 2, as far as the stack uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from deploy.errors import Failure
from deploy.local.http import call


class Airflow:
    """A client that is logged in from its first request on."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url
        self._login = {"username": user, "password": password}
        self._token: str | None = None

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Call an operation by its path below /api/v2. Raises HttpError, or Failure where nobody answers."""
        try:
            if self._token is None:
                self._token = call("POST", f"{self._url}/auth/token", self._login)["access_token"]
            return call(method, f"{self._url}/api/v2/{path}", body, self._token)
        except OSError as error:
            raise Failure(f"Airflow does not answer at {self._url} ({error}). See `make status`.") from error

    def dag(self, dag_id: str) -> Any:
        """A DAG. Raises HttpError 404 until the DAG processor has seen it."""
        return self.request("GET", f"dags/{dag_id}")

    def import_errors(self) -> list[dict[str, Any]]:
        """The DAG files that cannot be imported: `filename` and `stack_trace` of each."""
        return self.request("GET", "importErrors")["import_errors"]

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler work on a DAG's runs."""
        self.request("PATCH", f"dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Start a manual run, with no logical date and every parameter that `conf` has not at its default; its id."""
        return self.request("POST", f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(conf)})["dag_run_id"]

    def announce(self, asset: str, extra: dict[str, Any]) -> None:
        """Tell of a change of an asset, as an event with `extra`. Raises Failure if no DAG knows the asset."""
        found = self.request("GET", f"assets?name_pattern={quote(asset)}")["assets"]
        known = [each["id"] for each in found if each["name"] == asset]
        if not known:
            raise Failure(f"no DAG of this Airflow knows the asset {asset}. See `make logs SERVICE=dag-processor`.")
        self.request("POST", "assets/events", {"asset_id": known[0], "extra": extra})

    def active_runs(self, dag_id: str) -> list[str]:
        """The ids of the runs that have started and not ended."""
        runs = self.request("GET", f"dags/{dag_id}/dagRuns?state=running")["dag_runs"]
        return [run["dag_run_id"] for run in runs]

    def latest_runs(self, dag_id: str) -> list[str]:
        """The ids of the latest runs, the newest first."""
        runs = self.request("GET", f"dags/{dag_id}/dagRuns?limit=20&order_by=-run_after")["dag_runs"]
        return [run["dag_run_id"] for run in runs]

    def run(self, dag_id: str, run_id: str) -> Any:
        """A DAG run."""
        return self.request("GET", _run(dag_id, run_id))

    def sources(self, dag_id: str, run_id: str) -> list[tuple[str, str]]:
        """DAG and run of each task whose event a run hears of. Raises HttpError 500 until it has started."""
        events = self.request("GET", f"{_run(dag_id, run_id)}/upstreamAssetEvents")["asset_events"]
        return [(event["source_dag_id"], event["source_run_id"]) for event in events]

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        return self.request("GET", f"{_run(dag_id, run_id)}/taskInstances")["task_instances"]

    def result(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Any:
        """What a task returned, -1 meaning one that is not mapped. Raises HttpError 404 if it returned nothing."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
        return self.request("GET", f"{path}?stringify=false&map_index={map_index}")["value"]

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int, map_index: int = -1) -> list[str]:
        """The lines of a task's log, -1 meaning one that is not mapped."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{task_id}/logs/{attempt}"
        path += f"?full_content=true&map_index={map_index}"
        return [line for entry in self.request("GET", path)["content"] for line in _lines(entry)]


def _run(dag_id: str, run_id: str) -> str:
    return f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _lines(entry: Any) -> list[str]:
    """A structured entry as a reader wants it: the event and, where an exception came with it, its text."""
    if isinstance(entry, str):
        return [entry]
    errors = [f"{detail['exc_type']}: {detail['exc_value']}" for detail in entry.get("error_detail") or []]
    return [" ".join(filter(None, [entry.get("level", "").upper(), entry["event"]])), *errors]
