"""What every page is made of: the document, its style, tables."""

from collections.abc import Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --mute: #6e7781; --line: #d0d7de66; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; margin: .5rem 0; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } small { color: var(--mute); }
.verdict { padding: .75rem 1rem; border-left: .4rem solid var(--mute); background: #8881; }
.good { color: var(--good); } .bad { color: var(--bad); } .mute { color: var(--mute); }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; } svg { max-width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; } svg .title { font-weight: 600; font-size: 12px; }
svg .x { text-anchor: middle; } svg .y, svg .name { text-anchor: end; } svg .grid { stroke: var(--line); }
svg .guide { stroke: var(--mute); stroke-dasharray: 4 4; } svg .line { fill: none; stroke-width: 2; }
svg .bar { opacity: .6; } svg .line.a { stroke: #0969da; } svg .line.b { stroke: #bf5700; }
svg .dot.a, svg .bar.a, svg .key.a { fill: #0969da; } svg .bar.b, svg .key.b { fill: #bf5700; }
"""


def document(title: str, parts: Sequence[str]) -> str:
    """A page that needs no other file. ``parts``, which are HTML, stand below its title."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts])
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: bool = False) -> str:
    """A table of cells that are HTML already; with ``numbers`` all but the first column are set as such."""
    kinds = ["", *([' class="n"'] * (len(head) - 1) if numbers else [""] * (len(head) - 1))]
    top = "".join(f"<th{kind}>{cell}</th>" for kind, cell in zip(kinds, head, strict=True))
    body = (
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{top}</tr>{"".join(body)}</table></div>'


def text(value: object) -> str:
    """``value`` as text between tags."""
    return escape(str(value))
