"""The page: verdict, rules, metrics, groups of rows, charts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tabular.page import html, svg
from tabular.page.svg import Interval, Labels

Document = Mapping[str, Any]


def page(evaluation: Document, plots: Document, gate: Document | None) -> str:
    """The whole page. ``gate`` is the gate's record, if it has decided already."""
    title = f"{evaluation['use_case']}: evaluation"
    parts = [
        _facts(evaluation),
        *(_verdict(gate) if gate else []),
        *_metrics(evaluation),
        *_slices(evaluation),
        *_charts(evaluation, plots),
    ]
    return html.document(title, parts)


def _facts(evaluation: Document) -> str:
    bootstrap, fresh = evaluation["bootstrap"], evaluation["fresh"]
    told = [
        f"{evaluation['rows']} test rows that no model has learned from",
        *([f"{fresh['rows']} of them from {fresh['from']} on, which the champion has not seen"] if fresh else []),
        "no champion yet" if evaluation["champion"]["state"] == "none" else "compared with the champion",
        f"intervals hold {bootstrap['level']:.0%}, by {bootstrap['resamples']} resamples",
    ]
    return f"<p>{html.text('; '.join(told))}.</p>"


def _verdict(gate: Document) -> Iterator[str]:
    passed = gate["passed"]
    told = f"The gate lets {gate['candidate']} through." if passed else "The gate refuses every candidate."
    mark = "good" if passed else "bad"
    yield f'<p class="verdict {mark}"><strong>{html.text(told)}</strong><br>{html.text(gate["reason"])}</p>'
    yield "<h2>Rules</h2>"
    rows = [
        [
            html.text(check["candidate"]),
            html.text(check["rule"]),
            _held(check),
            html.text(check["mode"]),
            html.text(check["reason"]),
        ]
        for check in gate["checks"]
    ]
    yield html.table(["candidate", "rule", "holds", "mode", "what was found"], rows)


def _held(check: Document) -> str:
    if check["held"] is None:
        return '<span class="mute">not asked</span>'
    return '<span class="good">✓ yes</span>' if check["held"] else '<span class="bad">✗ no</span>'


def _models(evaluation: Document) -> dict[str, Document]:
    """By name what was measured of each model."""
    models = dict(evaluation["candidates"])
    if baseline := evaluation["baseline"]:
        models[f"{baseline['name']} (baseline)"] = baseline
    if evaluation["champion"]["state"] != "none":
        models["champion"] = evaluation["champion"]
    return models


def _section(evaluation: Document) -> str:
    regression = evaluation["problem_type"] == "Regression"
    return "regression_metrics" if regression else "binary_classification_metrics"


def _deciding(evaluation: Document) -> str:
    return "mse" if evaluation["problem_type"] == "Regression" else "auc"


def _metrics(evaluation: Document) -> Iterator[str]:
    models, section = _models(evaluation), _section(evaluation)
    metrics = list(next(iter(evaluation["candidates"].values()))["intervals"])
    yield "<h2>Metrics</h2>"
    rows = [
        [html.text(metric), *(_measured(model[section], model["intervals"], metric) for model in models.values())]
        for metric in metrics
    ]
    yield html.table(["metric", *map(html.text, models)], rows, numbers=True)
    deciding = _deciding(evaluation)
    drawn = [_interval(name, model[section], model["intervals"], deciding) for name, model in models.items()]
    charts = [svg.intervals([each for each in drawn if each], deciding, zero=False)]
    for rival in ("baseline", "champion"):
        compared = {
            name: model["comparisons"][rival]["metrics"][deciding]
            for name, model in evaluation["candidates"].items()
            if model["comparisons"][rival]
        }
        known = [_difference(name, found) for name, found in compared.items() if found["difference"] is not None]
        if known:
            charts.append(svg.intervals(known, f"{deciding} minus the {rival}'s", zero=True))
    yield f'<div class="charts">{"".join(charts)}</div>'


def _slices(evaluation: Document) -> Iterator[str]:
    section, metric, models = _section(evaluation), _deciding(evaluation), _models(evaluation)
    first = next(iter(models.values()))["slices"]
    if first:
        yield "<h2>Groups of rows</h2>"
    for by, groups in first.items():
        yield f"<h3>{html.text(by)}</h3>"
        rows = [
            [
                html.text(group),
                str(found["rows"]),
                *(_in_group(model, by, group, section, metric) for model in models.values()),
            ]
            for group, found in groups.items()
        ]
        yield html.table(
            [html.text(by), "rows", *(f"{html.text(name)}, {metric}" for name in models)], rows, numbers=True
        )


def _in_group(model: Document, by: str, group: str, section: str, metric: str) -> str:
    found = model["slices"][by][group]
    return _measured(found[section], found["intervals"], metric)


def _charts(evaluation: Document, plots: Document) -> Iterator[str]:
    section = _section(evaluation)
    for name, model in evaluation["candidates"].items():
        yield f"<h2>{html.text(name)}</h2>"
        drawn = plots[name]
        charts = [_calibration(drawn["calibration"]), _histogram(drawn["histogram"], evaluation["problem_type"])]
        yield f'<div class="charts">{"".join([*charts, *_curves(model[section])])}</div>'
        if matrix := model[section].get("confusion_matrix"):
            rows = [[f"true {truth}", str(matrix[truth]["0"]), str(matrix[truth]["1"])] for truth in ("0", "1")]
            yield html.table(["", "answered 0", "answered 1"], rows, numbers=True)


def _calibration(points: Document) -> str:
    labels = Labels("What was predicted and what came true", "mean prediction", "mean truth")
    return svg.curves({"": (points["predicted"], points["actual"])}, labels, diagonal=True)


def _histogram(histogram: Document, problem_type: str) -> str:
    regression = problem_type == "Regression"
    title = "Misses" if regression else "Probabilities by true label"
    labels = Labels(title, "prediction minus truth" if regression else "probability", "rows")
    return svg.bars(histogram["edges"], histogram["counts"], labels)


def _curves(metrics: Document) -> Iterator[str]:
    if roc := metrics.get("receiver_operating_characteristic_curve"):
        points = (roc["false_positive_rates"], roc["true_positive_rates"])
        labels = Labels("Receiver operating characteristic", "false positive rate", "true positive rate")
        yield svg.curves({"": points}, labels, diagonal=True)
    if curve := metrics.get("precision_recall_curve"):
        labels = Labels("Precision and recall", "recall", "precision")
        yield svg.curves({"": (curve["recalls"], curve["precisions"])}, labels, diagonal=False)


def _interval(name: str, metrics: Document, intervals: Document, metric: str) -> Interval | None:
    value = metrics[metric]["value"]
    return None if value is None else Interval(name, value, _ends(intervals[metric]))


def _difference(name: str, found: Document) -> Interval:
    return Interval(name, found["difference"], _ends(found["interval"]))


def _ends(interval: Sequence[float] | None) -> tuple[float, float] | None:
    return (interval[0], interval[1]) if interval else None


def _measured(metrics: Document, intervals: Document, metric: str) -> str:
    value = metrics.get(metric, {}).get("value")
    if value is None:
        return '<span class="mute">not defined</span>'
    ends = intervals[metric]
    between = f"<br><small>{ends[0]:.4g} to {ends[1]:.4g}</small>" if ends else ""
    return f"{value:.4g}{between}"
