"""The whole screen as rows, for any size of it. Pure."""

from __future__ import annotations

import time

from cluster.operator.text import harmless
from cluster.top import details, help as helping, panes
from cluster.top.columns import WARNING
from cluster.top.desk import DETAILS, HELP, LIST, Desk
from cluster.top.paint import Row, Span, cut

LOW = 12
"""Rows below which the list gets the room of all but the first and the last row."""


def rows(desk: Desk, where: str, now: float, wall: float, width: int, height: int) -> list[Row]:
    """`height` rows of at most `width` cells. `now`: monotonic seconds, `wall`: Unix seconds."""
    clock = time.strftime("%H:%M:%S", time.localtime(wall))
    above: list[Row] = [panes.head(desk.book, where, desk.interval, clock, width)]
    if height >= LOW:
        above += [*panes.meters(desk.book, width), panes.store(desk.book, now)]
        above.append(panes.tabs(desk.book, desk.view, desk.table, width))
    elif desk.book.reading.error:
        above.append(panes.store(desk.book, now))
    below = [*desk.notes.rows(now), *panes.foot(desk)][-max(1, height - len(above) - 2) :]
    desk.page, desk.width = max(1, height - len(above) - len(below) - 1), width
    middle = _middle(desk, wall, width, desk.page + 1)
    if desk.mode != LIST:
        desk.scroll = max(0, min(desk.scroll, len(middle) - desk.page - 1))
        middle = middle[desk.scroll :]
    middle += [[]] * (desk.page + 1 - len(middle))
    return [cut(row, 0, width) for row in [*above, *middle[: desk.page + 1], *below]][:height]


def _middle(desk: Desk, wall: float, width: int, height: int) -> list[Row]:
    if desk.mode == HELP:
        return helping.rows(width)
    if desk.mode == DETAILS:
        line = desk.detail
        return (
            details.of(line, desk.book, wall, width) if line else [[Span(f"{harmless(desk.opened)} is gone", WARNING)]]
        )
    return desk.grid.draw(width, height, stale=bool(desk.book.reading.error))
