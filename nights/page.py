"""The log of the nights as a page: a line a day, with what was planted, what was found, what was decided and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

STYLE = """body{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#222}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #e4e4e4;padding:.2rem .6rem;text-align:left;vertical-align:top}
.planted{background:#fff4e0}.mark{display:inline-block;border-radius:3px;padding:0 .35rem;margin:0 .2rem .1rem 0}
.promoted{background:#cdeccf}.rebaselined{background:#b9dff0}.refused,.stays{background:#eee}.failed,.missed{background:#f6c6c6}.violations{background:#fbd9b0}
.no_data{background:#d9dff5}.retrain{background:#f3b26b}.escalate{background:#e36b6b;color:#fff}.silence{background:#8fa0dd}
summary{cursor:pointer}small{color:#666}"""
MONITORS = {"data": "hours", "model": "predictions"}

Entry = dict[str, Any]


def page(title: str, entries: Iterable[Entry]) -> str:
    """The HTML page."""
    days: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        days[entry["at"][: len("YYYY-MM-DD")]].append(entry)
    rows = "".join(_day(day, found) for day, found in days.items())
    head = "<tr><th>Day</th><th>Planted</th><th>What came of it</th><th>Why</th></tr>"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{escape(title)}</h1><p>{_summary(days)}</p><table>{head}{rows}</table></html>\n"
    )


def _summary(days: dict[str, list[Entry]]) -> str:
    every = Counter((entry["what"], entry["outcome"]) for found in days.values() for entry in found)
    counts = {
        "promotions": every["training", "promoted"],
        "refusals": every["training", "refused"],
        "hours in violation": every["data", "violations"],
        "hours without data": every["data", "no_data"],
        "days whose predictions were in violation": every["model", "violations"],
        "drift events": every["decision", "retrain"],
        "baselines moved": every["baseline", "rebaselined"],
        "calls for people": every["decision", "escalate"],
        "silences told": every["decision", "silence"],
    }
    return escape(", ".join(f"{number} {what}" for what, number in counts.items()))


def _day(day: str, entries: Sequence[Entry]) -> str:
    planted = ", ".join(dict.fromkeys(entry["planted"] for entry in entries if entry["planted"]))
    found = Counter((entry["what"], entry["outcome"]) for entry in entries if entry["what"] in MONITORS)
    marks = [
        *(_mark(entry["outcome"], f"{_time(entry)} {_trained(entry)}") for entry in _of(entries, "training")),
        *(_mark(outcome, f"{MONITORS[what]} {outcome.replace('_', ' ')}: {n}") for (what, outcome), n in found.items()),
        *(_mark(entry["outcome"], f"{_time(entry)} {_decided(entry)}") for entry in _decisions(entries)),
    ]
    style = " class=planted" if planted else ""
    return f"<tr{style}><td>{day}<td>{escape(planted)}<td>{''.join(marks)}<td>{_why(entries)}</tr>"


def _why(entries: Sequence[Entry]) -> str:
    told = [*_of(entries, "training"), *_decisions(entries)]
    texts = [f"<small>{_time(entry)}</small> {escape(entry['reason'])}" for entry in told]
    return f"<details><summary>{len(texts)} decisions</summary>{'<br>'.join(texts)}</details>" if texts else ""


def _of(entries: Sequence[Entry], what: str) -> list[Entry]:
    return [entry for entry in entries if entry["what"] == what]


def _decisions(entries: Sequence[Entry]) -> list[Entry]:
    return [*_of(entries, "decision"), *_of(entries, "baseline")]


def _decided(entry: Entry) -> str:
    return "baseline stays" if entry["outcome"] == "stays" else str(entry["outcome"])


def _trained(entry: Entry) -> str:
    why = "after drift: " if entry.get("why") == "drift" else ""
    version = f" version {entry['version']}" if "version" in entry else ""
    return f"{why}{entry['outcome']}{version}"


def _time(entry: Entry) -> str:
    return str(entry["at"][11:16])


def _mark(style: str, text: str) -> str:
    return f"<span class='mark {style}'>{escape(text)}</span>"
