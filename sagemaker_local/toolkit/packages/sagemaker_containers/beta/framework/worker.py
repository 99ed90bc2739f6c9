"""``Response``, which an ``output_fn`` may return."""

from __future__ import annotations


class Response(tuple[str | bytes, str]):
    """A body and its content type, as the toolkit takes them from an ``output_fn``."""

    __slots__ = ()

    def __new__(
        cls, response: str | bytes = b"", accept: str | None = None, status: int = 200, mimetype: str | None = None
    ) -> Response:
        if status != 200:
            raise ValueError(f"a response of status {status} cannot be given here: raise an error instead")
        return super().__new__(cls, (response, mimetype or accept or "application/json"))
