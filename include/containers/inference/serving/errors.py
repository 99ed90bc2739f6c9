"""What goes wrong by somebody else's doing, told to who can put it right."""


class Refused(Exception):
    """The model, or a setting, is not fit for this image. The message names the thing, the place and the remedy."""


class BadRequest(Exception):
    """A request that cannot be answered; ``status`` is HTTP's, ``row`` (from 1) and ``column`` the place."""

    def __init__(self, status: int, message: str, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.status, self.row, self.column = status, row, column


class BadCell(BadRequest):
    """A cell that cannot be read as its column demands."""

    def __init__(self, row: int, column: str, cell: object, reason: str) -> None:
        super().__init__(400, f"row {row}, column '{column}': {shown(cell)} {reason}", row, column)


def shown(value: object, most: int = 60) -> str:
    """As many characters of what a client sent as it needs to find it again: no answer is as long as its request."""
    text = repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."
