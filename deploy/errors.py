"""What a command reports to its user instead of a traceback."""

from __future__ import annotations


class Failure(Exception):
    """Something that the user has to know; the message names the thing, the place and the remedy."""
