"""The messages of the conversation on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from client.fullscreen.lines_widget import Lines
from client.fullscreen.model import Model
from client.fullscreen.rows import Look, Row, note_row

WHEEL = 3


class MessageList(Lines):
    """Posts nothing; the app is told of the top by `scroll_by`."""

    def __init__(self, model: Model, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._model = model

    def draw(self, width: int, height: int) -> Sequence[Row]:
        conversation = self._model.current
        view = conversation.view
        view.look, view.height = Look(max(width - 1, 10), self._model.found, conversation.names), max(height, 2)
        found = view.rows()
        if view.following:
            return [()] * (height - len(found)) + found
        below = conversation.below
        text = f"↓ {below} new" if below else "↓ newer messages below"
        return [*found[: height - 1], note_row(f"{text} · Ctrl+End", view.look, "current" if below else "note")]

    def scroll_by(self, rows: int) -> bool:
        """Whether the top was hit."""
        hit = self._model.current.view.scroll(rows)
        if self._model.current.view.following:
            self._model.current.seen()
        self.repaint()
        return hit

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.app.action_scroll(-WHEEL)  # type: ignore[attr-defined]

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.app.action_scroll(WHEEL)  # type: ignore[attr-defined]
