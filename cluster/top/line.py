"""The line in which something is typed: a filter, a reason."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.widgets import Input

LONGEST = 200


class Line(Input):
    """Shown while something is asked for. Who types fast has typed on before the focus has moved: keys that come to
    the picture while this line is open are brought here (`typed`), and those that come here once it is closed go
    `elsewhere`, by their names."""

    def __init__(
        self,
        changed: Callable[[str], None],
        given: Callable[[str], None],
        dropped: Callable[[], None],
        elsewhere: Callable[[str], bool],
    ) -> None:
        super().__init__(id="ask", max_length=LONGEST, select_on_focus=False)
        self._changed, self._given, self._dropped, self._elsewhere = changed, given, dropped, elsewhere

    def open(self, text: str) -> None:
        """Empty but for `text`. The focus is the app's to move."""
        with self.prevent(Input.Changed):
            self.value = text
        self.cursor_position = len(text)
        self.display = True

    def typed(self, event: events.Key) -> bool:
        """Takes a key that went to the picture; whether it was one for here."""
        if event.key == "enter":
            self._given(self.value)
        elif event.key == "escape":
            self._dropped()
        elif event.is_printable and event.character:
            self.insert_text_at_cursor(event.character)
            self._changed(self.value)
        else:
            return False
        return True

    def on_key(self, event: events.Key) -> None:
        if not self.display:
            self._elsewhere(event.key)
        elif event.key not in ("enter", "escape"):
            return  # is typed
        else:
            self.typed(event)
        event.stop()
        event.prevent_default()

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        if self.display:
            self._changed(self.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Nothing is told by it: `on_key` has taken the key."""
        message.stop()
