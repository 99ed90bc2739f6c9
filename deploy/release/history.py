"""What was deployed, in which order, and what was begun and has not come to its end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class History:
    """Names of deployments: `done` are those that were taken over, the latest last; `begun` is one that was not, or not
    yet, and lies above them."""

    done: Sequence[str] = ()
    begun: str | None = None

    def begin(self, deployment: str) -> History:
        """What holds while a deployment is applied. One that was begun before it, and never done, is forgotten."""
        return replace(self, begun=deployment)

    def end(self) -> History:
        """What holds once the deployment that was begun is done; the latest one again counts once."""
        again = self.done[-1:] == [self.begun]
        return History(self.done if again or self.begun is None else [*self.done, self.begun])

    def back(self) -> History:
        """What holds once the latest deployment is gone, whether it was done or only begun."""
        return History(self.done if self.begun else self.done[:-1])

    def encode(self) -> bytes:
        """The history as JSON."""
        return json.dumps(asdict(self)).encode()

    @staticmethod
    def decode(body: bytes) -> History:
        """The history that `encode` has written."""
        return History(**json.loads(body))
