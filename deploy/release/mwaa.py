"""Amazon MWAA, as far as deploying needs it: https://docs.aws.amazon.com/mwaa/latest/API/Welcome.html."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.errors import Failure
from deploy.packaging.package import PLUGINS, REQUIREMENTS, STARTUP

# The field of an environment that names the object, and the one that names its version.
FIELDS: Mapping[str, tuple[str, str]] = {
    PLUGINS: ("PluginsS3Path", "PluginsS3ObjectVersion"),
    REQUIREMENTS: ("RequirementsS3Path", "RequirementsS3ObjectVersion"),
    STARTUP: ("StartupScriptS3Path", "StartupScriptS3ObjectVersion"),
}
READY = ("AVAILABLE", "UPDATE_FAILED")
"""States that an environment stays in and works in; after UPDATE_FAILED it is as it was before."""
BUSY = ("CREATING", "CREATING_SNAPSHOT", "PENDING", "UPDATING", "ROLLING_BACK", "MAINTENANCE")
POLL_SECONDS = 30.0
# An update takes 20 to 30 minutes; workers that are replaced gracefully may first end their tasks. One that takes
# longer goes on, and deploying again waits for it.
LIMIT_SECONDS = 3000.0


@dataclass(frozen=True)
class Environment:
    """An MWAA environment by its name; `client` is boto3's."""

    client: Any
    name: str
    sleep: Callable[[float], None] = field(default=time.sleep)

    def install(self, versions: Mapping[str, str]) -> bool:
        """Have MWAA install these versions of its objects, wait for it, and return whether anything was to do.

        Raises Failure where MWAA does not get there; the environment is then as it was before.
        """
        present = self.settled()
        wanted = {name: value for key, version in versions.items() for name, value in _fields(key, version)}
        if all(present.get(name) == value for name, value in wanted.items()):
            return False
        # Tasks go on to their end on the old workers; FORCED, the default, would kill them.
        self.client.update_environment(Name=self.name, WorkerReplacementStrategy="GRACEFUL", **wanted)
        updated = self.settled(updating=True)
        if any(updated.get(name) != value for name, value in wanted.items()):
            raise Failure(
                f"MWAA could not update {self.name} and has restored it: {_reason(updated)}. "
                f"See the log group airflow-{self.name}-Scheduler, streams requirements_install*."
            )
        return True

    def settled(self, updating: bool = False) -> Mapping[str, Any]:
        """The environment, once it is neither being made nor changed. Raises Failure where it cannot be used."""
        waited = 0.0
        while True:
            found = self._describe()
            status = found["Status"]
            if status in READY and not (updating and waited == 0):
                return found
            if status not in (*READY, *BUSY):
                raise Failure(f"the MWAA environment {self.name} is {status}: {_reason(found)}")
            if waited >= LIMIT_SECONDS:
                raise Failure(f"the MWAA environment {self.name} is still {status} after {waited / 60:.0f} minutes")
            self.sleep(POLL_SECONDS)
            waited += POLL_SECONDS

    def api(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Call Airflow's REST API, version 2, by a path below its root of at most 64 characters.

        Raises Failure with the status and the text of an answer other than 2xx.
        """
        given = {"QueryParameters": dict(query)} if query else {}
        if body is not None:
            given["Body"] = body
        try:
            answer = self.client.invoke_rest_api(Name=self.name, Path=path, Method=method, **given)
        except (self.client.exceptions.RestApiClientException, self.client.exceptions.RestApiServerException) as error:
            raise ApiError(method, path, error.response) from error
        return answer["RestApiResponse"]

    def _describe(self) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self.client.get_environment(Name=self.name)["Environment"]
        except self.client.exceptions.ResourceNotFoundException as error:
            raise Failure(
                f"there is no MWAA environment {self.name}: `make stacks` with STACKS=airflow makes it, empty; then "
                "deploy again"
            ) from error
        return found


class ApiError(Failure):
    """An answer of Airflow other than 2xx, with its `status`."""

    def __init__(self, method: str, path: str, response: Mapping[str, Any]) -> None:
        self.status = response.get("RestApiStatusCode")
        super().__init__(f"Airflow answered {method} {path} with {self.status}: {response.get('RestApiResponse')}")


def _fields(key: str, version: str) -> list[tuple[str, str]]:
    path, object_version = FIELDS[key]
    return [(path, key), (object_version, version)]


def _reason(environment: Mapping[str, Any]) -> str:
    error = environment.get("LastUpdate", {}).get("Error", {})
    return error.get("ErrorMessage") or "it gives no reason"
