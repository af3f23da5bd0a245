"""The one widget that shows all but what is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cluster.top.paint import COLOURLESS, STYLES, Row


class Picture(Widget, can_focus=True):
    """Rows; what differs from before goes to the terminal."""

    ALLOW_SELECT = False

    def __init__(self, draw: Callable[[int, int], Sequence[Row]], press: Callable[[events.Key], bool]) -> None:
        super().__init__(id="picture")
        self._draw, self._press = draw, press
        self._rows: Sequence[Row] = ()

    def repaint(self) -> None:
        before, self._rows = self._rows, self._draw(self.size.width, self.size.height)
        for y, row in enumerate(self._rows):
            if y >= len(before) or list(before[y]) != list(row):
                self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self) -> None:
        self._rows = self._draw(self.size.width, self.size.height)
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        if self._press(event):
            event.stop()
            event.prevent_default()
            self.repaint()

    def render_line(self, y: int) -> Strip:
        row = self._rows[y] if y < len(self._rows) else ()
        styles = COLOURLESS if self.app.no_color else STYLES
        return Strip([Segment(span.text, styles[span.role]) for span in row]).adjust_cell_length(self.size.width)
