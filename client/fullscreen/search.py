"""Looking for a text in what is loaded of a conversation, from the newest up. Pure."""

from __future__ import annotations

from client.fullscreen.entry import Entry
from client.fullscreen.model import Model


class Search:
    """`model.found` is what is searched; its matches are marked in the rows. One thread."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._at: Entry | None = None

    def start(self, text: str) -> None:
        """The same text again: further up. "": no more."""
        if not text:
            self.end()
            return
        if text != self._model.found:
            self._model.found, self._at = text, None
        self.further()

    def further(self) -> None:
        """To the next match above the last one; at the top from the newest again."""
        hits = self._hits()
        at = self._at if self._at in hits else None  # it may be of another conversation
        above = [one for one in hits if at is None or one.serial < at.serial]
        self._at = above[-1] if above else None
        if self._at is not None:
            self._model.current.view.show(self._at)

    def end(self) -> None:
        """Back to the newest message."""
        self._model.found, self._at = "", None
        self._model.current.view.follow()

    @property
    def state(self) -> str:
        """For the line below the messages; "" while nothing is searched."""
        wanted = self._model.found
        if not wanted:
            return ""
        hits = self._hits()
        more = "" if self._model.current.whole else "; PageUp loads more"
        if not hits:
            return f"“{wanted}” is not in what is loaded{more}"
        if self._at not in hits:
            return f"no match for “{wanted}” further up{more}"
        return f"match {len(hits) - hits.index(self._at)} of {len(hits)} for “{wanted}” · Ctrl+F: next · Esc"

    def _hits(self) -> list[Entry]:
        wanted = self._model.found.casefold()
        return [one for one in self._model.current.entries if wanted and one.spoken and wanted in one.text.casefold()]
