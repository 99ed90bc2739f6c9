"""Values by shape: such as meet everything that the model asks for, and such as miss one thing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import regex
from botocore.model import Shape

from tests.support.fuzzing.wire import raw

# Some text for every pattern of the model, and for every pattern some text that it does not allow.
TEXTS = (
    "a", "x1", "some-name", "9", "a/b", "text/csv", "a_b", "0.1-a", "key=value", "1.0.0", "1K", "GMT", "/a", "1",
    "s3://fuzz-bucket/key", "https://example.com/x", "fs-01234567", "sha256:" + "0" * 64, "key", "2.0",
    "arn:aws:iam::000000000000:role/jobs", "arn:aws:sagemaker:us-east-1:000000000000:model-package/absent/1",
    "arn:aws:sagemaker:us-east-1:000000000000:model-package-group/absent", "sg-0123456789abcdef0",
    "arn:aws:sagemaker:us-east-1:000000000000:training-plan/plan", "subnet-0123456789abcdef0",
    "arn:aws:sagemaker:us-east-1:000000000000:hub-content/hub/Model/name/1.0.0",
    "arn:aws:sagemaker:us-east-1:000000000000:hub-content/hub/DataSet/name/1.0.0",
    "arn:aws:sagemaker:us-east-1:000000000000:mlflow-app/app", "arn:aws:sns:us-east-1:000000000000:topic",
    "arn:aws:sagemaker:us-east-1:000000000000:reserved-capacity/x", "arn:aws:kms:us-east-1:000000000000:key/k",
    "arn:aws:lambda:us-east-1:000000000000:function:f", "arn:aws:sagemaker:us-east-1:000000000000:pipeline/p",
    "000000000000.dkr.ecr.us-east-1.amazonaws.com/nightshift/bare:1", "arn:aws:sagemaker:us-east-1:000000000000:hub/h",
    "two words", "ünï cödé", "日本語", "🙂", "-", ".", "_", "..", "%", "a,b;c", "'; DROP TABLE resources; --", "{}",
    "line\nbreak", "tab\there", "\0", "\u2028", "<b>&amp;</b>", "s3:/", "\ufeff", "null",
)  # fmt: skip
_LONGEST_TRIED = 150_000
_PATTERN_SECONDS = 1.0
_ENUMS_TRIED = 4
BOOLEANS, INTEGERS = {"boolean"}, {"integer": 1 << 31, "long": 1 << 63}
_OTHER_TYPES: dict[str, tuple[Any, ...]] = {
    "string": (1, 1.5, True, [], {}),
    "blob": (1, True, [], {}),
    "boolean": ("true", 1, 0, [], {}),
    "integer": ("1", 1.5, 1.0, True, [], {}),
    "long": ("1", 1.5, True, [], {}),
    "float": ("1.5", True, [], {}),
    "double": ("1.5", "NaN", True, [], {}),
    "timestamp": (True, [], {}),
    "structure": ("{}", 1, False, []),
    "list": ("[]", 1, False, {}),
    "map": ("{}", 1, False, []),
}


def good(shape: Shape, random: Random) -> list[Any]:
    """Values of a scalar *shape*, the plainest first; never one that asks for nothing (``False``, empty text)."""
    if getattr(shape, "enum", None):
        return random.sample(shape.enum, min(_ENUMS_TRIED, len(shape.enum)))
    if shape.type_name in ("string", "blob"):
        return list(_good_texts(shape))
    if shape.type_name == "boolean":
        return [True]
    if shape.type_name == "timestamp":
        return [1767225600, 1767225600.125, "2026-01-01T00:00:00Z"]
    return _good_numbers(shape)


@cache
def _good_texts(shape: Shape) -> tuple[str, ...]:
    fitting = [text for text in TEXTS if _fits(shape, text)]
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 0)
    filled = [letter * size for letter in "a1/" for size in (low, high) if 0 < size <= _LONGEST_TRIED]
    fitting += [text for text in filled if _fits(shape, text)]
    if not fitting:
        raise LookupError(f"no text for shape {shape.name} ({dict(shape.metadata)}): add one to TEXTS of {__name__}")
    return tuple(dict.fromkeys(fitting))


def _good_numbers(shape: Shape) -> list[Any]:
    low, high = shape.metadata.get("min", 1), shape.metadata.get("max", INTEGERS.get(shape.type_name, 1 << 53) - 1)
    plain = max(low, min(1, high))
    return list(dict.fromkeys([plain, low, high]))


def bad(shape: Shape, random: Random) -> Iterator[tuple[str, Any]]:
    """Values of a scalar *shape* with one fault each, and what the fault is."""
    yield from other_types(shape)
    if getattr(shape, "enum", None):
        yield from (("bad enum", value) for value in ("Nonsense", shape.enum[0].swapcase() + " ", ""))
    elif shape.type_name in ("string", "blob"):
        yield from _bad_texts(shape, random)
    elif shape.type_name == "timestamp":
        yield from (("no time", value) for value in ("yesterday", "", "2026-13-01T00:00:00Z", 10**400, raw("1e999")))
    elif shape.type_name not in BOOLEANS:
        yield from _bad_numbers(shape)


def other_types(shape: Shape) -> Iterator[tuple[str, Any]]:
    """Values of another JSON type."""
    yield from (("wrong type", value) for value in _OTHER_TYPES[shape.type_name])


def _bad_texts(shape: Shape, random: Random) -> Iterator[tuple[str, str]]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if low > 0:
        yield "too short", "a" * (low - 1)
    if high is not None and high < _LONGEST_TRIED:
        yield "too long", "a" * (high + 1)
    yield "half a surrogate pair", "\ud800" + "a" * max(low, 1)
    long_enough = [text for text in TEXTS if low <= len(text) <= (high or len(text)) and not _fits(shape, text)]
    yield from (("bad pattern", text) for text in random.sample(long_enough, len(long_enough)))


def _bad_numbers(shape: Shape) -> Iterator[tuple[str, Any]]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None:
        yield "too small", low - 1
    if high is not None:
        yield "too large", high + 1
    if shape.type_name in INTEGERS:
        size = INTEGERS[shape.type_name]
        yield from (("no such integer", value) for value in (size, -size - 1, 10**400, 10**3000))
    yield "beyond all numbers", raw("1e999")
    yield "beyond all numbers", 10**400


@cache
def _fits(shape: Shape, text: str) -> bool:
    low, high, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    if len(text) < (low or 0) or (high is not None and len(text) > high):
        return False
    return pattern is None or _matches(pattern, text)


def _matches(pattern: str, text: str) -> bool:
    # Java writes a character beyond the basic plane as two surrogates.
    whole = pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\U00010000-\\U0010FFFF")
    return regex.fullmatch(whole, text, timeout=_PATTERN_SECONDS) is not None
