"""Which rows of a conversation are on the screen. Pure.

Only what is seen, and what is scrolled over, is ever wrapped: ten thousand entries cost what a screen costs. The
view hangs on an entry, not on a number of rows, so it stays put when others come below or above, and when the
width changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from client.fullscreen.entry import Entry
from client.fullscreen.rows import Look, Row, day, day_row, note_row, rows

if TYPE_CHECKING:
    from client.fullscreen.conversation import Conversation


class View:
    """`following`: the newest row is the last one on the screen, whatever comes."""

    def __init__(self, conversation: Conversation) -> None:
        self._of = conversation
        self.look = Look(80)
        self.height = 20
        # The entry in the uppermost row, and which of its rows; negative: one of the separators above it.
        self._anchor: tuple[int, int] | None = None

    @property
    def following(self) -> bool:
        return self._anchor is None

    def follow(self) -> None:
        self._anchor = None
        self._of.below = 0

    def trimmed(self) -> None:
        """The oldest entries are gone."""
        first = self._of.entries[0].serial
        if self._anchor is not None and self._anchor[0] < first:
            self._anchor = (first, 0)

    def inserted(self, serial: int) -> None:
        """One more has that serial; those from there on have the next ones."""
        if self._anchor is not None and self._anchor[0] >= serial:
            self._anchor = (self._anchor[0] + 1, self._anchor[1])

    def rows(self) -> list[Row]:
        """At most `height`, from above. Goes on following once the end is seen."""
        if self._anchor is not None:
            found = self._downward(self._anchor)
            if len(found) >= self.height:
                return found
            self.follow()
        return [row for _, row in self._from_end(self.height)]

    def scroll(self, by: int) -> bool:
        """By rows, up if negative. Whether the top was hit."""
        top = self._top()
        if top is None:
            return by < 0
        return self._up(top, -by) if by < 0 else self._down(top, by)

    def show_first(self) -> None:
        """The oldest row of all."""
        if self._count():
            self._anchor = (self._serial(0), -len(self._above(0)))
            self.rows()

    def show(self, entry: Entry) -> None:
        """Puts it a third below the upper edge."""
        self._anchor = (entry.serial, 0)
        self._up(self._anchor, self.height // 3)
        self.rows()

    def at_top(self) -> bool:
        top = self._top()
        return top is None or (self._index(top[0]) == 0 and top[1] <= -len(self._above(0)))

    # -- inside --------------------------------------------------------------------------

    def _count(self) -> int:
        return len(self._of.entries) + len(self._of.pending)

    def _entry(self, index: int) -> Entry:
        entries = self._of.entries
        return entries[index] if index < len(entries) else self._of.pending[index - len(entries)]

    def _serial(self, index: int) -> int:
        return (self._of.entries[0].serial if self._of.entries else 0) + index

    def _index(self, serial: int) -> int:
        index = serial - (self._of.entries[0].serial if self._of.entries else 0)
        return max(0, min(index, self._count() - 1))

    def _above(self, index: int) -> list[Row]:
        """The separators over an entry."""
        entry, found = self._entry(index), list[Row]()
        if index == 0 and (self._of.present or self._of.whole):
            found.append(note_row(self._beyond(), self.look, "note"))
        if index == 0 or day(self._entry(index - 1).time) != day(entry.time):
            found.append(day_row(entry.time, self.look))
        if self._of.first_unread is not None and self._serial(index) == self._of.first_unread:
            found.append(note_row("new", self.look, "new"))
        return found

    def _beyond(self) -> str:
        """What there is above the first entry."""
        if self._of.private:
            return "older direct messages are kept nowhere"
        return "loading…" if self._of.loading else "beginning of the log" if self._of.whole else "more above"

    def _numbered(self, index: int) -> list[tuple[int, Row]]:
        """All rows of an entry with their numbers in it."""
        above = self._above(index)
        return list(enumerate((*above, *rows(self._entry(index), self.look)), -len(above)))

    def _downward(self, anchor: tuple[int, int]) -> list[Row]:
        found: list[Row] = []
        if not self._count():
            return found
        first = self._index(anchor[0])
        for index in range(first, self._count()):
            numbered = self._numbered(index)
            start = min(anchor[1], numbered[-1][0]) if index == first else numbered[0][0]
            found += [row for number, row in numbered if number >= start]
            if len(found) >= self.height:
                break
        return found[: self.height]

    def _from_end(self, most: int) -> list[tuple[tuple[int, int], Row]]:
        """The last `most` rows with their places."""
        found: list[tuple[tuple[int, int], Row]] = []
        for index in range(self._count() - 1, -1, -1):
            serial = self._serial(index)
            found[:0] = [((serial, number), row) for number, row in self._numbered(index)]
            if len(found) >= most:
                break
        return found[-most:] if most else []

    def _top(self) -> tuple[int, int] | None:
        if self._anchor is not None:
            return self._anchor
        shown = self._from_end(self.height)
        return shown[0][0] if shown else None

    def _places_up(self, top: tuple[int, int]) -> Iterator[tuple[int, int]]:
        first = self._index(top[0])
        for index in range(first, -1, -1):
            for number, _ in reversed(self._numbered(index)):
                if index < first or number < top[1]:
                    yield self._serial(index), number

    def _up(self, top: tuple[int, int], by: int) -> bool:
        passed = list(islice(self._places_up(top), by))
        place = passed[-1] if passed else top
        if passed or self._anchor is not None:
            self._anchor = place
        if len(self._downward(place)) < self.height:
            self.follow()  # all fits on the screen
        return len(passed) < by or self.at_top()

    def _down(self, top: tuple[int, int], by: int) -> bool:
        if self._anchor is None:
            return False
        first = self._index(top[0])
        for index in range(first, self._count()):
            for number, _ in self._numbered(index):
                if index == first and number <= top[1]:
                    continue
                self._anchor = (self._serial(index), number)
                by -= 1
                if by <= 0:
                    self._end_seen()
                    return False
        self.follow()
        return False

    def _end_seen(self) -> None:
        """Follows again where nothing is left below the screen."""
        if self._anchor is not None and len(self._downward((self._anchor[0], self._anchor[1]))) < self.height:
            self.follow()
            return
        shown = self._from_end(self.height)
        if shown and self._anchor is not None and shown[0][0] <= self._anchor:
            self.follow()
