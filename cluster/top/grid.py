"""A table as rows of cells: the first column stays, the others can be moved under it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from cluster.top.columns import DIM, padded, widths
from cluster.top.paint import CHOSEN, HEAD, MARKED, Row, Span, cut
from cluster.top.table import Table

GAP = 1
"""Cells between columns, beside the one that each has for the mark of sorting."""


class Grid:
    """Draws `table`. Columns don't become narrower while it is looked at, so that nothing jumps about."""

    def __init__(self, table: Table[Any]) -> None:
        self.table = table
        self.first = 1
        """The first column that stands beside the fixed one."""
        self._widths = [0] * len(table.columns)

    def shift(self, by: int) -> None:
        """Other columns into sight."""
        self.first = max(1, min(self.first + by, len(self.table.columns) - 1))

    def show_column(self, column: int, width: int) -> None:
        """As few columns aside as it takes to see all of that one."""
        if column == 0:
            return
        self.first = min(self.first, column)
        while self.first < column and self._needs(self.first, column) > width:
            self.first += 1

    def _needs(self, first: int, last: int) -> int:
        wide = [self._widths[0], *self._widths[first : last + 1]]
        return sum(wide) + GAP * (len(wide) - 1)

    def draw(self, width: int, height: int, stale: bool = False) -> list[Row]:
        """The title row and the lines that fit. `stale`: the lines are old, which is shown."""
        lines = self.table.window(height - 1)
        self._widths = [max(pair) for pair in zip(self._widths, widths(self.table.columns, lines), strict=True)]
        chosen = self.table.chosen
        rows: list[Row] = [self._titles(width)]
        rows += [self._line(line, line is chosen, stale, width) for line in lines]
        return rows if self.table.shown else [*rows, [Span(self._nothing(), DIM)]]

    def _nothing(self) -> str:
        return "nothing that the filter lets through" if self.table.total else "none"

    def _visible(self, width: int) -> Sequence[int]:
        """The columns that fit as a whole, the fixed one and one more at least."""
        found, used = [0], self._widths[0]
        for number in range(self.first, len(self.table.columns)):
            used += GAP + self._widths[number]
            if used > width and len(found) > 1:
                break
            found.append(number)
        return found

    def _titles(self, width: int) -> Row:
        spans: list[Span] = []
        for number in self._visible(width):
            column, sorting = self.table.columns[number], number == self.table.sorted_by
            mark = ("▲" if column.number == self.table.turned else "▼") if sorting else ""
            text = padded(column, column.title + mark, self._widths[number])
            spans += [Span(text, MARKED if sorting else HEAD), Span(" " * GAP, HEAD)]
        hidden = self._visible(width)[-1] < len(self.table.columns) - 1
        row = _filled(spans, width - 1 if hidden else width, HEAD)
        return [*row, Span("→", HEAD)] if hidden else row

    def _line(self, line: object, is_chosen: bool, stale: bool, width: int) -> Row:
        spans: list[Span] = []
        for number in self._visible(width):
            column = self.table.columns[number]
            role = CHOSEN if is_chosen else DIM if stale else column.role(line)
            text = padded(column, column.text(line), self._widths[number])
            spans += [Span(text, role), Span(" " * GAP, CHOSEN if is_chosen else role)]
        return _filled(spans, width, CHOSEN) if is_chosen else cut(spans, 0, width)


def _filled(spans: Sequence[Span], width: int, role: str) -> Row:
    rest = width - sum(cell_len(span.text) for span in spans)
    return [*spans, Span(" " * rest, role)] if rest > 0 else cut(spans, 0, width)
