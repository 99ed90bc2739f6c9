"""The algorithm's channels, and the formats of their data."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message

from .errors import UserError

CSV, LIBSVM, PARQUET, RECORDIO = "csv", "libsvm", "parquet", "recordio-protobuf"
TYPES = {
    CSV: CSV,
    LIBSVM: LIBSVM,
    PARQUET: PARQUET,
    RECORDIO: RECORDIO,
    "text/csv": CSV,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    "application/x-parquet": PARQUET,
    "application/x-recordio-protobuf": RECORDIO,
}
"""the format by its content type"""
_DEFAULT = "text/libsvm"
_NAMES = ("train", "validation", "code")

Channel = Mapping[str, str]


def validated(channels: Mapping[str, Channel]) -> dict[str, Channel]:
    """The channels with their content types filled in; raises ``UserError``."""
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    for name in channels:
        if name not in _NAMES:
            raise UserError(f"Extraneous channel found: {name}")
    found: dict[str, Channel] = {name: {"ContentType": _DEFAULT, **channel} for name, channel in channels.items()}
    for name, channel in found.items():
        _check(name, channel)
    return found


def _check(name: str, channel: Channel) -> None:
    if name == "code":
        return
    content_type, mode = channel["ContentType"], channel["TrainingInputMode"]
    if _parameters(content_type)[0] not in TYPES or (mode == "Pipe" and format_of(content_type) == LIBSVM):
        raise UserError(f"Channel configuration for '{name}' channel is not supported: {dict(channel)}")


def format_of(content_type: str) -> str:
    """One of ``CSV``, ``LIBSVM``, ``PARQUET`` and ``RECORDIO``; raises ``UserError``."""
    kind, label_size = _parameters(content_type)
    if kind not in TYPES:
        raise UserError(f"{content_type} is not an accepted ContentType: {', '.join(TYPES)}.")
    if TYPES[kind] == CSV and label_size != "1":
        raise UserError(
            f"{content_type} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
        )
    return TYPES[kind]


def _parameters(content_type: str) -> tuple[str, str]:
    """The type itself, and the parameter ``label_size``."""
    header = Message()
    header["Content-Type"] = content_type.lower()
    bare, _, _ = content_type.lower().partition(";")
    return bare.strip(), str(header.get_param("label_size", "1"))
