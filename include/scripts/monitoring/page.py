"""The page about a window: verdict, records, violations, and each feature beside its baseline, worst first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitoring.analysis import NO_DATA, OK, Analysis, subject
from tabular.page import html, svg
from tabular.page.svg import Labels

Document = Mapping[str, Any]
WORST = 4
"""Features whose drift is drawn over time."""


def page(analysis: Analysis, history: Sequence[Document], beside: str = "") -> str:
    """The whole page; ``history`` are the results of earlier windows, ``beside`` says what the window is compared
    with."""
    result = analysis.result
    window = result["window"]
    kind = "data quality and drift" if result["monitor"] == "data" else "model quality"
    parts = [
        *_verdict(result, f"{window['start']} to {window['end']}"),
        *([f"<p>Compared with {html.text(beside)}.</p>"] if beside else []),
        *_records(result),
        *_violations(result),
        *_drift(result),
        *_drift_over_time([*history, result]),
        *_distributions(result, analysis.plots),
        *_quality(result),
        *_quality_over_time([*history, result]),
    ]
    return html.document(f"{result['use_case']}: {kind}", parts)


def _verdict(result: Document, window: str) -> Iterator[str]:
    mark = {OK: "good", NO_DATA: ""}.get(result["status"], "bad")
    told = html.text(result["reason"])
    yield f"<p>{html.text(window)}; {result['rows']} rows.</p>"
    yield f'<p class="verdict {mark}"><strong>{html.text(result["status"])}</strong><br>{told}</p>'


def _records(result: Document) -> Iterator[str]:
    yield "<h2>Records</h2>"
    yield _counts(result["records"])
    if labels := result.get("labels"):
        yield "<h2>Labels</h2>"
        yield f"<p>{labels['coverage']:.1%} of the rows have a label.</p>"
        yield _counts({name: count for name, count in labels.items() if isinstance(count, int)})


def _counts(counts: Mapping[str, int]) -> str:
    return html.table(
        ["", "number"], [[name.replace("_", " "), str(count)] for name, count in counts.items()], numbers=True
    )


def _violations(result: Document) -> Iterator[str]:
    if found := result["violations"]:
        yield "<h2>Violations</h2>"
        rows = [
            [html.text(subject(each)), html.text(each["constraint_check_type"]), html.text(each["description"])]
            for each in found
        ]
        yield html.table(["of", "check", "what was found"], rows)


def _worst_first(result: Document) -> list[tuple[str, Document]]:
    """By how far a distance is beyond its threshold."""
    found: Mapping[str, Document] = result.get("features", {})
    return sorted(found.items(), key=lambda each: (-each[1]["distance"] / max(each[1]["threshold"], 1e-9), each[0]))


def _drift(result: Document) -> Iterator[str]:
    if ordered := _worst_first(result):
        yield "<h2>Drift</h2>"
        head = ["feature", "drift", "distance", "threshold", "corrected p-value", "PSI", "test"]
        yield html.table(head, [_row(name, each) for name, each in ordered], numbers=True)


def _row(name: str, found: Document) -> list[str]:
    drifted = '<span class="bad">✗ yes</span>' if found["drifted"] else '<span class="good">✓ no</span>'
    numbers = [f"{found[key]:.4g}" for key in ("distance", "threshold", "adjusted", "psi")]
    return [html.text(name), drifted, *numbers, html.text(found["test"].replace("_", " "))]


def _drift_over_time(results: Sequence[Document]) -> Iterator[str]:
    """The distances of the features that are now the worst, in all windows that measured them."""
    names = [name for name, _ in _worst_first(results[-1])[:WORST]]
    charts = [
        _course(results, name, "distance", {"distance": "distance", "threshold": "threshold"}, "features")
        for name in names
    ]
    yield from _charts("Drift over time", charts)


def _quality_over_time(results: Sequence[Document]) -> Iterator[str]:
    """Each metric in all windows that measured it, beside its value at the registration of what then served."""
    series = {"measured": "value", "at registration": "baseline"}
    charts = [_course(results, name, name, series, "quality") for name in results[-1].get("quality", {})]
    yield from _charts("Metrics over time", charts)


def _charts(title: str, charts: Sequence[str]) -> Iterator[str]:
    if drawn := "".join(charts):
        yield f"<h2>{title}</h2>"
        yield f'<div class="charts">{drawn}</div>'


def _course(results: Sequence[Document], name: str, measure: str, keys: Mapping[str, str], section: str) -> str:
    """What windows tell of ``name`` by each of ``keys``, those that have a value; empty for a single window."""
    known = [(_hours(each, results[-1]), each[section][name]) for each in results if name in each.get(section, {})]
    series = {}
    for title, key in keys.items():
        points = [(hours, found[key]) for hours, found in known if found[key] is not None]
        if points:
            series[title] = ([hours for hours, _ in points], [value for _, value in points])
    if not any(len(hours) > 1 for hours, _ in series.values()):
        return ""
    return svg.curves(series, Labels(name, "hours; this window is at 0", measure), diagonal=False)


def _hours(result: Document, last: Document) -> float:
    """How far a window's start is from that of the last one."""
    start, end = (datetime.fromisoformat(each["window"]["start"]) for each in (result, last))
    return (start - end).total_seconds() / 3600


def _distributions(result: Document, plots: Document) -> Iterator[str]:
    drawn = [(name, plots[name]) for name, _ in _worst_first(result) if name in plots]
    if not drawn:
        return
    yield "<h2>Distributions</h2>"
    charts = [_bars(name, found) for name, found in drawn if "edges" in found]
    yield f'<div class="charts">{"".join(charts)}</div>'
    for name, found in drawn:
        if "categories" in found:
            yield f"<h3>{html.text(name)}</h3>"
            rows = zip(found["categories"], found["baseline"], found["window"], strict=True)
            cells = [[html.text(value), f"{one:.2%}", f"{other:.2%}"] for value, one, other in rows]
            yield html.table(["value", "baseline", "window"], cells, numbers=True)


def _bars(name: str, found: Document) -> str:
    series = {"baseline": found["baseline"], "window": found["window"]}
    return svg.bars(found["edges"], series, Labels(name, name, "share of rows"))


def _quality(result: Document) -> Iterator[str]:
    """Metrics of the model beside what they were at its registration."""
    if not (metrics := result.get("quality")):
        return
    yield "<h2>Metrics</h2>"
    rows = [[html.text(name), *_measured(each), _number(each["baseline"])] for name, each in metrics.items()]
    yield html.table(["metric", "now", "interval", "at registration"], rows, numbers=True)
    for by, groups in result["slices"].items():
        yield f"<h3>{html.text(by)}</h3>"
        cells = [
            [html.text(group), str(found["rows"]), *(_number(found["metrics"].get(name)) for name in metrics)]
            for group, found in groups.items()
        ]
        yield html.table([html.text(by), "rows", *map(html.text, metrics)], cells, numbers=True)


def _measured(found: Document) -> list[str]:
    ends = found["interval"]
    return [_number(found["value"]), f"{ends[0]:.4g} to {ends[1]:.4g}" if ends else ""]


def _number(value: float | None) -> str:
    return '<span class="mute">not defined</span>' if value is None else f"{value:.4g}"
