"""A benchmark's figures as one HTML page that needs nothing else. Pure. All text is escaped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from html import escape
from importlib.resources import files

from drill.bench.figures import Result
from drill.bench.plots import bars, lines
from drill.bench.rows import ROWS
from drill.report.charts import distribution
from drill.report.figures import Spread

Found = Mapping[str, Mapping[str, Result]]


def page(found: Found, table: str) -> str:
    """The whole page; `table`: the figures as text."""
    style = files("drill.report").joinpath("page.css").read_text("utf-8")
    body = [
        "<header><h1>Hydrachat bench</h1></header>",
        _section("Figures", f'<div class="wide"><pre>{escape(table)}</pre></div>'),
        *(_section(f"{row}: deliveries a second", bars(results)) for row, results in found.items() if row in _closed()),
        *(_growth(name, points) for name, points in _points(found).items() if _is_line(points)),
        *(_section(f"{row}: from due to shown", _times(results)) for row, results in found.items() if _timed(results)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Hydrachat bench</title><style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def _closed() -> set[str]:
    return {name for name, row in ROWS.items() if row.outstanding and not row.is_ours}


def _growth(outstanding: int, points: Mapping[str, list[tuple[float, float]]]) -> str:
    return _section(f"Deliveries a second against connections, {outstanding} under way for each speaker", lines(points))


def _points(found: Found) -> dict[int, dict[str, list[tuple[float, float]]]]:
    """Of the rows that differ in connections only: by outstanding messages, by kind."""
    points: dict[int, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for name in found.keys() & _closed():
        row = ROWS[name]
        for kind, each in found[name].items():
            points[row.outstanding][kind].append((row.listeners, each.rate.middle))
    return points


def _is_line(points: Mapping[str, list[tuple[float, float]]]) -> bool:
    return any(len(each) > 1 for each in points.values())


def _timed(results: Mapping[str, Result]) -> bool:
    return any(each.times for each in results.values())


def _times(results: Mapping[str, Result]) -> str:
    charts = (f"<div><h3>{escape(kind)}</h3>{distribution(Spread(each.times))}</div>" for kind, each in results.items())
    return f'<div class="charts">{"".join(charts)}</div>'
