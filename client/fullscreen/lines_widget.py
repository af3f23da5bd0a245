"""What all parts of the screen but the composer are: rows of spans, painted where they changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from client.fullscreen.rows import Row
from client.fullscreen.theme import style


class Lines(Widget):
    """`draw` gives the rows for the size that it has now."""

    can_focus = False
    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._drawn: list[Row] = []

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """At most `height` rows of at most `width` cells."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Only the rows that differ go to the terminal."""
        before, self._drawn = self._drawn, list(self.draw(self.size.width, self.size.height))
        changed = [y for y in range(self.size.height) if _at(before, y) != _at(self._drawn, y)]
        if len(changed) > self.size.height // 2:
            self.refresh()
        else:
            for y in changed:
                self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self) -> None:
        self._drawn = list(self.draw(self.size.width, self.size.height))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        segments = [Segment(span.text, style(span.role, span.detail)) for span in _at(self._drawn, y)]
        return Strip(segments).apply_style(base).adjust_cell_length(width, base)


def _at(rows: Sequence[Row], y: int) -> Row:
    return rows[y] if 0 <= y < len(rows) else ()
