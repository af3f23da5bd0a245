"""Going from one message, and from one conversation, to another."""

from __future__ import annotations

from collections.abc import Callable

from client.fullscreen.composer import Composer
from client.fullscreen.conversation import Conversation
from client.fullscreen.doing import Doing
from client.fullscreen.message_list import MessageList
from client.fullscreen.model import Model


class Going:
    """`paint`: shows what has changed. Textual's thread."""

    def __init__(
        self, model: Model, doing: Doing, shown: MessageList, composer: Composer, paint: Callable[[], None]
    ) -> None:
        self._model, self._doing, self._list, self._composer, self._paint = model, doing, shown, composer, paint
        self._from: Conversation | None = None  # where one was before one went to what is unread
        self._led_to: Conversation | None = None

    def keys(self) -> dict[str, Callable[[], object]]:
        """Beside those of the composer itself, which always has the focus."""
        numbers = {f"alt+{n % 10}": lambda n=n: self.to_number(n) for n in range(1, 11)}
        return {
            "ctrl+n": lambda: self.step(1),
            "alt+down": lambda: self.step(1),
            "alt+right": lambda: self.step(1),
            "ctrl+p": lambda: self.step(-1),
            "alt+up": lambda: self.step(-1),
            "alt+left": lambda: self.step(-1),
            "alt+a": self.to_unread,
            "pageup": lambda: self.scroll(-self._page),
            "pagedown": lambda: self.scroll(self._page),
            "ctrl+home": self.to_oldest,
            "ctrl+end": self.to_newest,
            "escape": self.to_newest,
            "ctrl+f": self.search,
            **numbers,
        }

    # -- among messages ------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return max(1, self._list.size.height - 2)

    def scroll(self, rows: int) -> None:
        if self._list.scroll_by(rows):
            self._doing.load_older()
        self._paint()

    def to_oldest(self) -> None:
        self._model.current.view.show_first()
        self._doing.load_older()
        self._paint()

    def to_newest(self) -> None:
        self._doing.search.end()
        self._model.current.seen()
        self._model.current.gap = ""  # it was read; the line in the list stays
        self._paint()

    def search(self) -> None:
        if self._model.found:
            self._doing.search.further()
            self._paint()
        elif not self._composer.text:
            self._composer.write("/search ")

    # -- among conversations -------------------------------------------------------------

    def to_number(self, number: int) -> None:
        listed = self._model.listed()
        if 0 < number <= len(listed):
            self._model.switch(listed[number - 1])
        self._paint()

    def step(self, by: int) -> None:
        listed = self._model.listed()
        self._model.switch(listed[(listed.index(self._model.current) + by) % len(listed)])
        self._paint()

    def to_unread(self) -> None:
        """Mentions and direct messages first; when all is read, back to where one was."""
        here = self._model.current
        started = self._from if here is self._led_to else None
        waiting = sorted((one for one in self._model.listed() if one.unread), key=lambda one: not one.mentions)
        if waiting:
            self._from, self._led_to = started or here, waiting[0]
            self._model.switch(waiting[0])
        elif started is not None and self._model.conversations.get(started.key) is started:
            self._from = None
            self._model.switch(started)
        self._paint()
