"""What all parts of the screen but the composer are: rows of spans, painted where they changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import ControlCode, ControlType, Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from client.fullscreen.cells import doubtful
from client.fullscreen.rows import Row
from client.fullscreen.theme import style

# Textual counts the text of such a segment as nothing, and never cuts it.
_CONTROL: list[ControlCode] = [(ControlType.HOME,)]


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

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows that the terminal may take for wider or narrower than we do are erased first, not filled up, and what
        stands to the right of them is put where it belongs. Not below a dialog, which cuts rows to pieces."""
        strips = super().render_lines(crop)
        if self.app.screen_stack[-1] is not self.screen or crop.width != self.size.width:
            return strips
        return [self._fenced(strip, _at(self._drawn, y)) for y, strip in enumerate(strips, crop.y)]

    def _fenced(self, strip: Strip, row: Row) -> Strip:
        if not any(doubtful(span.text) for span in row):
            return strip
        used = min(sum(cell_len(span.text) for span in row), self.size.width)
        erase = Segment(f"\x1b[{self.size.width}X", self.rich_style, _CONTROL)
        column = Segment(f"\x1b[{self.region.right + 1}G", None, _CONTROL)
        return Strip([erase, *strip.crop(0, used), column], strip.cell_length)


def _at(rows: Sequence[Row], y: int) -> Row:
    return rows[y] if 0 <= y < len(rows) else ()
