"""The instances of a training job, joined by XGBoost's own collective: https://xgboost.readthedocs.io, "Collective"."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from xgboost import collective
from xgboost.tracker import RabitTracker

from common import report
from common.errors import UserError

PORT = 9099
RETRIES = 60  # attempts to reach the first instance, which may start later than the others
TIMEOUT_SECONDS = 600  # an instance that has gone fails the job, which otherwise would wait for it to its end


@dataclass(frozen=True)
class Cluster:
    """All instances by name, and the place of this one among them. One instance needs no network."""

    hosts: tuple[str, ...] = ("localhost",)
    place: int = 0

    @classmethod
    def read(cls, file: Path | None) -> "Cluster":
        """As SageMaker's ``resourceconfig.json`` says; without a file this machine alone. Raises UserError."""
        if file is None:
            return cls()
        resources: Any = report.read(file)
        try:
            hosts = tuple(resources["hosts"])
            return cls(hosts, hosts.index(resources["current_host"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{file}: does not say which hosts there are ({error!r})") from None

    @property
    def size(self) -> int:
        """How many instances there are."""
        return len(self.hosts)

    @property
    def leads(self) -> bool:
        """Whether this instance writes what all have made."""
        return self.place == 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Within this, XGBoost trains on all instances' rows."""
        if self.size == 1:
            yield
            return
        if self.leads:
            self._serve()
        # Ranks follow the places, and so does the order in which sums are formed: the same job gives the same model.
        with collective.CommunicatorContext(
            dmlc_tracker_uri=self.hosts[0],
            dmlc_tracker_port=PORT,
            dmlc_task_id=f"{self.place:04}",
            dmlc_retry=RETRIES,
            dmlc_timeout=TIMEOUT_SECONDS,
        ):
            yield

    def total(self, own: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The sum of what the instances have, each its ``own``; only within `joined`."""
        if self.size == 1:
            return own
        summed: npt.NDArray[np.float64] = collective.allreduce(own, collective.Op.SUM)
        return summed

    @property
    def share(self) -> slice:
        """Which rows are this instance's: of two instances every second one."""
        return slice(self.place, None, self.size)

    def _serve(self) -> None:
        address = socket.gethostbyname(self.hosts[0])
        tracker = RabitTracker(self.size, host_ip=address, port=PORT, sortby="task", timeout=TIMEOUT_SECONDS)
        tracker.start()
        threading.Thread(target=tracker.wait_for, daemon=True).start()
