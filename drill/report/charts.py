"""Drawings as inline SVG. Pure. All text is escaped."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape

from drill.checker import Violation
from drill.report.figures import Fault, Figures, Outage, Spread
from drill.report.wording import span

WIDTH, LEFT, ROW = 1160, 150, 18
MOST_CLIENTS = 80
POINTS = 300
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


def time_line(found: Figures, broken: Sequence[Violation]) -> str:
    """A row for each class of fault and for each client that had an outage; broken promises go across all."""
    classes = sorted(found.classes)
    clients = _worst(found.outages)
    rows = {name: i for i, name in enumerate([*classes, "", *clients])}
    height = (len(rows) + 2) * ROW
    scale = (WIDTH - LEFT - 30) / max(found.seconds, 1e-3)
    parts = [
        *_grid(found.seconds, scale, height),
        *_labels(rows),
        *(_fault(fault, rows[fault.name], scale) for fault in found.faults),
        *(_outage(outage, rows[outage.client], scale) for outage in found.outages if outage.client in rows),
        *_marks(found, broken, scale, height),
    ]
    return _svg(WIDTH, height, parts, "time line")


def _worst(outages: Iterable[Outage]) -> list[str]:
    """The clients with an outage; if they are too many, those who were out for longest."""
    total: dict[str, float] = {}
    for outage in outages:
        total[outage.client] = total.get(outage.client, 0.0) + outage.end - outage.begin
    return sorted(sorted(total, key=lambda client: -total[client])[:MOST_CLIENTS], key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """v2 before v10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _grid(seconds: float, scale: float, height: int) -> Iterable[str]:
    step = next((step for step in _STEPS if seconds / step <= 12), 7200)
    for at in range(0, int(seconds) + 1, step):
        x = LEFT + at * scale
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - ROW}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{height - 4}" text-anchor="middle">{at} s</text>'


def _labels(rows: dict[str, int]) -> Iterable[str]:
    for name, row in rows.items():
        shown = name if len(name) <= 20 else name[:19] + "…"
        y = row * ROW + 13
        yield f'<text x="{LEFT - 8}" y="{y}" text-anchor="end">{escape(shown)}<title>{escape(name)}</title></text>'


def _bar(kind: str, row: int, begin: float, end: float, scale: float, title: str) -> str:
    width = max(2.0, (end - begin) * scale)
    return (
        f'<rect class="{kind}" x="{LEFT + begin * scale:.1f}" y="{row * ROW + 3}" width="{width:.1f}" '
        f'height="{ROW - 6}" rx="2"><title>{escape(title)}</title></rect>'
    )


def _fault(fault: Fault, row: int, scale: float) -> str:
    words = " ".join(word for word in (f"{fault.number}:", fault.name, fault.target, fault.detail) if word)
    title = f"{words}, at {fault.begin:.1f} s for {span(fault.end - fault.begin)}"
    return _bar("fault", row, fault.begin, fault.end, scale, title)


def _outage(outage: Outage, row: int, scale: float) -> str:
    ended = outage.how or "never ended"
    title = f"{outage.client} lost {outage.node or 'its node'} at {outage.begin:.1f} s"
    title += f", {ended} after {span(outage.end - outage.begin)}"
    return _bar(f"outage {outage.how or 'lost'}", row, outage.begin, outage.end, scale, title)


def _marks(found: Figures, broken: Sequence[Violation], scale: float, height: int) -> Iterable[str]:
    for violation in broken:
        at = min(max(0.0, violation.at - found.start), found.seconds)
        x = LEFT + at * scale
        title = escape(f"{at:.1f} s {violation.rule}: {violation.text}")
        yield f'<line class="broken" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - ROW}"><title>{title}</title></line>'


def distribution(spread: Spread) -> str:
    """Which share was done within which time, on a logarithmic scale of time."""
    width, height, left, bottom = 370, 200, 40, 24
    if not spread.values:
        return '<p class="none">nothing was measured</p>'
    low = math.floor(math.log10(max(spread.at(0.001), 1e-4)))
    high = max(low + 1, math.ceil(math.log10(max(spread.longest, 1e-4)) - 1e-9))

    def x(seconds: float) -> float:
        place = (math.log10(max(seconds, 10.0**low)) - low) / (high - low)
        return left + min(1.0, place) * (width - left - 24)

    def y(share: float) -> float:
        return 8 + (1 - share) * (height - bottom - 8)

    shares = [i / POINTS for i in range(POINTS)] + [0.995, 0.999, 1.0]
    points = " ".join(f"{x(spread.at(share)):.1f},{y(share):.1f}" for share in sorted(shares))
    parts = [
        *(_decade(x(10.0**power), 10.0**power, height - bottom) for power in range(low, high + 1)),
        *(_share(y(share), share, left, width) for share in (0.0, 0.5, 1.0)),
        f'<polyline class="curve" points="{points}"/>',
        *(_percentile(x(spread.at(share)), y(share), name) for name, share in (("p50", 0.5), ("p99", 0.99))),
    ]
    return _svg(width, height, parts, "distribution")


def _decade(x: float, seconds: float, bottom: float) -> str:
    label = f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{bottom}"/>'
        f'<text class="tick" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{label}</text>'
    )


def _share(y: float, share: float, left: int, width: int) -> str:
    return (
        f'<line class="grid" x1="{left}" x2="{width - 24}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    )


def _percentile(x: float, y: float, name: str) -> str:
    return (
        f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
        f'<text class="tick" x="{x + 2:.1f}" y="{y + 17:.1f}" text-anchor="start">{name}</text>'
    )


def _svg(width: int, height: int, parts: Iterable[str], name: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{name}">{"".join(parts)}</svg>'
