"""What one has missed in a room, read again from its log where that still holds it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from client import events as ev
from client.fullscreen.conversation import Conversation
from client.fullscreen.entry import Entry, Kind

PAGE = 200
MOST_PAGES = 10
FILLED = "all that was missing here was read from the log"


@dataclass(frozen=True, slots=True)
class _Hole:
    where: Conversation
    first: int
    before: int
    pages: int = 1


class Filling:
    """`ask`: asks for the messages of a room before an offset, and gives the question's ticket; None: it can't be
    asked now. One thread."""

    def __init__(
        self, ask: Callable[[str, int, int], int | None], entry: Callable[[ev.MessageEvent | ev.AnnounceEvent], Entry]
    ) -> None:
        self._ask, self._entry = ask, entry
        self._holes: dict[int, _Hole] = {}  # by ticket

    def missed(self, event: ev.GapEvent, where: Conversation) -> None:
        # What came in a life of the log that is over can't be read any more.
        if event.last and event.former == where.epoch:
            self._read(_Hole(where, event.first, event.last + 1))

    def answered(self, event: ev.HistoryEvent, now: int) -> bool:
        """Whether it was for this. `now`: Unix ms."""
        hole = self._holes.pop(event.ticket or 0, None)
        if hole is None:
            return False
        for one in event.told:
            if hole.first <= one.offset < hole.before:
                hole.where.place(self._entry(one))
        reached = min((one.offset for one in event.told), default=0)
        if 0 < reached < hole.first:  # else the log may have been trimmed there
            hole.where.gap = ""
            hole.where.note(Kind.NOTICE, FILLED, now)
        elif reached and hole.pages < MOST_PAGES:
            self._read(replace(hole, before=reached, pages=hole.pages + 1))
        return True

    def refused(self, ticket: int | None) -> bool:
        return self._holes.pop(ticket or 0, None) is not None

    def _read(self, hole: _Hole) -> None:
        ticket = self._ask(hole.where.key, hole.before, PAGE)
        if ticket is not None:
            self._holes[ticket] = hole
