"""Wait for objects."""

from typing import Any

from mlops_sagemaker import uris
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.sensors.base import LifecycleSensor
from mlops_sagemaker.triggers.base import WaitTrigger
from mlops_sagemaker.triggers.objects import S3ObjectsTrigger


class S3ObjectsSensor(LifecycleSensor):
    """Wait until enough objects lie below a prefix; the value is their URIs, in the order of their keys.

    :param uri: the prefix (a template); end it with a slash unless ``train`` may mean ``train2/`` too.
    :param pattern: which of them count, as `uris.matching` reads it.
    :param count: how many are enough.
    """

    template_fields = aws_template_fields("uri", "pattern")

    def __init__(self, *, uri: str, pattern: str = "*", count: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.uri = uri
        self.pattern = pattern
        self.count = count

    def look(self) -> list[str] | None:
        """Their URIs once there are enough."""
        found = uris.matching(self.hook.list_keys(self.uri), self.pattern)
        return [self.uri + key for key in found] if len(found) >= self.count else None

    def trigger(self, **waiting: Any) -> WaitTrigger:
        """Until there are enough."""
        return S3ObjectsTrigger(uri=self.uri, pattern=self.pattern, count=self.count, **waiting)
