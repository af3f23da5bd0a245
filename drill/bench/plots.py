"""Drawings of figures as inline SVG. Pure. All text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from drill.bench.figures import OURS, Result, Spread

WIDTH, LEFT, RIGHT, LINE = 760, 110, 150, 24
COLOURS = ("var(--moved)", "#b8860b", "#8b5a9f", "#4f8f5b", "#b0533c", "#6b7c93", "#2f8f9d", "#a06a3a")


def bars(results: Mapping[str, Result]) -> str:
    """Deliveries a second of each kind, the median as a bar, least and most as a line across its end."""
    most = max((each.rate.most for each in results.values()), default=0.0) or 1.0
    scale = (WIDTH - LEFT - RIGHT) / most
    parts = [_bar(kind, each.rate, row, scale) for row, (kind, each) in enumerate(results.items())]
    return _svg(LINE * len(results) + 8, "".join(parts), "deliveries a second")


def _bar(kind: str, rate: Spread, row: int, scale: float) -> str:
    top, end = 4 + row * LINE, LEFT + rate.middle * scale
    colour = COLOURS[0] if kind.startswith(OURS) else COLOURS[5]
    middle = top + LINE / 2 - 3
    return (
        f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(kind)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{end - LEFT:.1f}" height="{LINE - 7}" fill="{colour}"/>'
        f'<line x1="{LEFT + rate.least * scale:.1f}" x2="{LEFT + rate.most * scale:.1f}" y1="{middle}" y2="{middle}"'
        ' stroke="var(--ink)"/>'
        f'<text class="tick" x="{max(end, LEFT + rate.most * scale) + 6:.1f}" y="{top + 13}">{rate.middle:,.0f}</text>'
    )


def lines(points: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """For each kind deliveries a second against connections, from nought on."""
    height, bottom = 260, 30
    across = max((x for each in points.values() for x, _ in each), default=0.0) or 1.0
    up = max((y for each in points.values() for _, y in each), default=0.0) or 1.0

    def place(x: float, y: float) -> str:
        return f"{LEFT + x / across * (WIDTH - LEFT - RIGHT):.1f},{8 + (1 - y / up) * (height - bottom - 8):.1f}"

    parts = [_axis(across, up, height, bottom)]
    for number, (kind, each) in enumerate(points.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(place(x, y) for x, y in sorted(each))
        parts.append(f'<polyline fill="none" stroke-width="2" stroke="{colour}" points="{line}"/>')
        at = 20 + number * 18
        parts.append(f'<text x="{WIDTH - RIGHT + 12}" y="{at}" fill="{colour}">{escape(kind)}</text>')
    return _svg(height, "".join(parts), "deliveries a second against connections")


def _axis(across: float, up: float, height: int, bottom: int) -> str:
    floor = height - bottom
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>'
        f'<line class="grid" x1="{LEFT}" x2="{LEFT}" y1="8" y2="{floor}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="16" text-anchor="end">{up:,.0f}/s</text>'
        f'<text class="tick" x="{LEFT - 6}" y="{floor}" text-anchor="end">0</text>'
        f'<text class="tick" x="{WIDTH - RIGHT}" y="{floor + 18}" text-anchor="end">{across:,.0f} connections</text>'
    )


def _svg(height: int, inside: str, name: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">{inside}</svg>'
