"""Looking for a text in what is loaded of a conversation, from the newest up. Pure."""

from __future__ import annotations

from client.fullscreen.entry import Entry
from client.fullscreen.model import Model


class Search:
    """`model.found` is what is searched; its matches are marked in the rows. One thread."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._at: Entry | None = None
        self._found: list[Entry] = []
        self._looked: tuple[str, Entry, Entry, int] | None = None  # for what, in which entries: first, last, how many

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
        more = "" if self._model.current.whole else "; PageUp: more"
        if not hits:
            return f"“{wanted}” is not in what is loaded{more}"
        if self._at not in hits:
            return f"no match for “{wanted}” further up{more}"
        return f"match {len(hits) - hits.index(self._at)} of {len(hits)} for “{wanted}” · Ctrl+F: next · Esc"

    def _hits(self) -> list[Entry]:
        """Of what came below since only that is looked at: the screen asks for them 25 times a second."""
        wanted, entries = self._model.found.casefold(), self._model.current.entries
        if not wanted or not entries:
            self._looked = None
            return []
        had = self._had(wanted, entries)
        fresh = [one for one in entries[had:] if one.spoken and wanted in one.text.casefold()]
        self._found = [*self._found, *fresh] if had else fresh
        self._looked = (wanted, entries[0], entries[-1], len(entries))
        return self._found

    def _had(self, wanted: str, entries: list[Entry]) -> int:
        """How many of them were looked at the last time, for the same."""
        if self._looked is None:
            return 0
        before, first, last, many = self._looked
        same = before == wanted and first is entries[0] and len(entries) >= many and last is entries[many - 1]
        return many if same else 0
