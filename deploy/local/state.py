"""What is known of the running stack between two commands: `stack.json` in the state folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.local.processes import Process


@dataclass(frozen=True)
class Started:
    """A service that was started: its process, the version of its code, the Unix time of its start."""

    process: Process
    version: str
    at: float


@dataclass
class State:
    """The ports asked for when the stack came up, and what was started."""

    file: Path
    ports: dict[str, int] = field(default_factory=dict)
    services: dict[str, Started] = field(default_factory=dict)

    def alive(self, name: str) -> bool:
        """Whether the service's process still runs."""
        return name in self.services and self.services[name].process.alive()

    def running_ports(self) -> dict[str, int]:
        """The ports in use; none where no service runs."""
        return self.ports if any(map(self.alive, self.services)) else {}

    def save(self) -> None:
        """Write it, whole or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(".draft")
        services = {name: asdict(started) for name, started in self.services.items()}
        draft.write_text(json.dumps({"ports": self.ports, "services": services}, indent=2))
        draft.replace(self.file)


def load(local: Path) -> State:
    """The state of the stack in a state folder, empty where there is none."""
    file = local / "stack.json"
    if not file.exists():
        return State(file)
    content = json.loads(file.read_text())
    services = {
        name: Started(Process(**started["process"]), started["version"], started["at"])
        for name, started in content["services"].items()
    }
    return State(file, content["ports"], services)
