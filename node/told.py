"""Where each of the latest messages of a room has stood, in all the epochs in which it passed here.

A message that was lost comes back at another place, and whoever brings it may name but one of the earlier ones. A
native client knows it by its identity. A plain one, who never moves, is spared it by what the node knows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from cluster.types import Entry, Kind, Position

LIMIT = 16_384
"""Messages of a room. Senders bring back what they said in the last minute."""
PLACES = 8


class Told:
    """Any thread; nothing blocks. Remembers nothing until `wanted`. Lock order: feed, then this."""

    __slots__ = ("_limit", "_lock", "_places", "wanted")

    def __init__(self, limit: int = LIMIT) -> None:
        self.wanted = False  # a plain client is here, or was
        self._limit = limit
        self._lock = threading.Lock()  # the feed notes what passes, a joining connection what it shows
        self._places: OrderedDict[tuple[str, int], tuple[Position, ...]] | None = None  # most logs need none

    def show(self, entries: Sequence[Entry]) -> None:
        """They are shown to a plain client as history."""
        self.wanted = True
        for entry in entries:
            self.note(entry)

    def note(self, entry: Entry) -> bool:
        """It passes. Whether it stood elsewhere before: its sender had no answer, and has said it again."""
        if not self.wanted or entry.kind != Kind.MESSAGE:
            return False
        identity, place = (entry.session, entry.n), Position(entry.epoch, entry.offset)
        with self._lock:
            if self._places is None:
                self._places = OrderedDict()
            known = self._places.get(identity, ())
            if place not in known:
                self._places[identity] = (*known[-PLACES + 1 :], place)
            if len(self._places) > self._limit:
                self._places.popitem(last=False)
        return any(each.epoch != entry.epoch for each in known)

    def places(self, entry: Entry) -> tuple[Position, ...]:
        """Where this message has stood, as far as it passed here."""
        # One look-up in a dict is atomic.
        known = self._places if entry.kind == Kind.MESSAGE else None
        return known.get((entry.session, entry.n), ()) if known else ()
