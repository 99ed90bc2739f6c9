"""Charts as inline SVG: a curve, bars, and values with their intervals."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 340, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 26, 40
ROW = 24
SERIES = ("a", "b")  # classes that the page's style colours


@dataclass(frozen=True)
class Scale:
    """From a range of values to a range of places on the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return round(self.start + (value - self.low) / span * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """About five round values: steps of 1, 2 or 5 times a power of ten."""
        rough = (self.high - self.low) / 5 or 1.0
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(number * step, 12) for number in range(first, last + 1)]


@dataclass(frozen=True)
class Labels:
    """What stands on a chart: its title, and what its axes measure."""

    title: str
    x: str
    y: str


def curves(series: Mapping[str, tuple[Sequence[float], Sequence[float]]], labels: Labels, diagonal: bool) -> str:
    """Lines through points, each of ``series`` its own; the ``diagonal`` is where a model without merit, or a perfectly
    calibrated one, would be."""
    xs, ys = ([value for points in series.values() for value in points[axis]] for axis in (0, 1))
    low, high = (min((*xs, *ys)), max((*xs, *ys))) if diagonal else (min(xs), max(xs))
    x, y = _scales(low, high, low if diagonal else min(ys), high if diagonal else max(ys))
    lines = [f'<line class="guide" x1="{x(low)}" y1="{y(low)}" x2="{x(high)}" y2="{y(high)}"/>'] if diagonal else []
    for kind, (across, up) in zip(SERIES, series.values(), strict=False):
        points = " ".join(f"{x(one)},{y(other)}" for one, other in zip(across, up, strict=True))
        lines.append(f'<polyline class="line {kind}" points="{points}"/>')
    return _drawing(HEIGHT, labels.title, [*_axes(x, y, labels), *lines, *_legend(list(series))])


def bars(edges: Sequence[float], series: Mapping[str, Sequence[float]], labels: Labels) -> str:
    """Counts or shares between ``edges``; several series are seen through each other."""
    highest = max((count for counts in series.values() for count in counts), default=1)
    x, y = _scales(edges[0], edges[-1], 0, highest or 1)
    found = []
    for kind, counts in zip(SERIES, series.values(), strict=False):
        for low, high, count in zip(edges, edges[1:], counts, strict=False):
            width, height = round(x(high) - x(low), 1), round(y(0) - y(count), 1)
            found.append(f'<rect class="bar {kind}" x="{x(low)}" y="{y(count)}" width="{width}" height="{height}"/>')
    return _drawing(HEIGHT, labels.title, [*_axes(x, y, labels), *found, *_legend(list(series))])


@dataclass(frozen=True)
class Interval:
    """A value by its name, and the interval around it if one was computed."""

    name: str
    value: float
    ends: tuple[float, float] | None


def intervals(values: Sequence[Interval], title: str, zero: bool) -> str:
    """Values one below the other, with their intervals; ``zero`` says that 0 is a place to see."""
    known = [end for each in values for end in (each.value, *(each.ends or ()))] + ([0.0] if zero else [])
    margin = (max(known) - min(known)) * 0.05 or 1.0
    left = LEFT + 100
    x = Scale(min(known) - margin, max(known) + margin, left, WIDTH + 100 - RIGHT)
    bottom = TOP + ROW * len(values)
    found = [f'<line class="guide" x1="{x(0)}" y1="{TOP}" x2="{x(0)}" y2="{bottom}"/>'] if zero else []
    for number, each in enumerate(values):
        height = TOP + ROW * (number + 0.5)
        found.append(f'<text class="name" x="{left - 8}" y="{height + 4}">{escape(each.name)}</text>')
        if each.ends:
            low, high = map(x, each.ends)
            found.append(f'<line class="line a" x1="{low}" y1="{height}" x2="{high}" y2="{height}"/>')
        found.append(f'<circle class="dot a" cx="{x(each.value)}" cy="{height}" r="4"/>')
    ticks = [f'<text class="x" x="{x(tick)}" y="{bottom + 16}">{tick:g}</text>' for tick in x.ticks()]
    return _drawing(bottom + 24, title, [*found, *ticks], WIDTH + 100)


def _scales(low: float, high: float, bottom: float, top: float) -> tuple[Scale, Scale]:
    return Scale(low, high, LEFT, WIDTH - RIGHT), Scale(bottom, top, HEIGHT - BOTTOM, TOP)


def _axes(x: Scale, y: Scale, labels: Labels) -> Iterator[str]:
    for tick in x.ticks():
        yield f'<line class="grid" x1="{x(tick)}" y1="{y.start}" x2="{x(tick)}" y2="{y.end}"/>'
        yield f'<text class="x" x="{x(tick)}" y="{y.start + 14}">{tick:g}</text>'
    for tick in y.ticks():
        yield f'<line class="grid" x1="{x.start}" y1="{y(tick)}" x2="{x.end}" y2="{y(tick)}"/>'
        yield f'<text class="y" x="{x.start - 6}" y="{y(tick) + 4}">{tick:g}</text>'
    yield f'<text class="x" x="{(x.start + x.end) / 2}" y="{y.start + 32}">{escape(labels.x)}</text>'
    yield f'<text class="x" transform="translate(12 {(y.start + y.end) / 2}) rotate(-90)">{escape(labels.y)}</text>'


def _legend(names: Sequence[str]) -> Iterator[str]:
    if len(names) < 2:
        return
    for number, (kind, name) in enumerate(zip(SERIES, names, strict=False)):
        height = TOP + 12 + 16 * number
        yield f'<rect class="key {kind}" x="{LEFT + 8}" y="{height - 8}" width="10" height="10"/>'
        yield f'<text x="{LEFT + 24}" y="{height + 1}">{escape(name)}</text>'


def _drawing(height: float, title: str, parts: Sequence[str], width: float = WIDTH) -> str:
    head = f'<svg viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" role="img">'
    named = f'<title>{escape(title)}</title><text class="title" x="{LEFT}" y="16">{escape(title)}</text>'
    return "".join([head, named, *parts, "</svg>"])
