"""What is wrong with a search."""

from __future__ import annotations


class InvalidSearch(ValueError):
    """The search cannot be answered; the text says which part of it and why, and is fit for the client."""
