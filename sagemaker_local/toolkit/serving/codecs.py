"""The inference toolkit's default formats, to arrays and back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy

from .service import CSV, JSON, NPY, NPZ, UnsupportedFormat


def _from_csv(body: str) -> Any:
    return numpy.genfromtxt(io.StringIO(body), delimiter=",")


def _from_npy(body: bytes) -> Any:
    return numpy.load(io.BytesIO(body), allow_pickle=False)


def _to_json(value: Any) -> bytes:
    return json.dumps(value, default=lambda array: array.tolist()).encode()


def _to_csv(value: Any) -> bytes:
    text = io.StringIO()
    numpy.savetxt(text, value, delimiter=",", fmt="%s")
    return text.getvalue().encode()


def _to_npy(value: Any) -> bytes:
    buffer = io.BytesIO()
    numpy.save(buffer, value)
    return buffer.getvalue()


def _to_npz(value: Any) -> bytes:
    buffer = io.BytesIO()
    numpy.savez(buffer, value)
    return buffer.getvalue()


_DECODERS: dict[str, Callable[[Any], Any]] = {
    JSON: lambda body: numpy.array(json.loads(body)),
    CSV: _from_csv,
    NPY: _from_npy,
    NPZ: _from_npy,
}
_ENCODERS: dict[str, Callable[[Any], bytes]] = {JSON: _to_json, CSV: _to_csv, NPY: _to_npy, NPZ: _to_npz}


def decode(body: Any, content_type: str) -> Any:
    """*body*, text for ``TEXTS`` and else bytes, as an array; raises ``UnsupportedFormat``."""
    if content_type not in _DECODERS:
        raise UnsupportedFormat(content_type)
    return _DECODERS[content_type](body)


def encode(value: Any, accept: str) -> bytes:
    """An array, or what can be one, in that format; raises ``UnsupportedFormat``."""
    if accept not in _ENCODERS:
        raise UnsupportedFormat(accept)
    return _ENCODERS[accept](value)
