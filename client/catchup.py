"""When a moved client has everything that was said meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from client.events import Moved
from wire.frames import Cursor


class CatchUp:
    """Compares the cursors with the tops that the welcome named. Pure, one thread at a time."""

    def __init__(self, node: str, former: str, tops: Mapping[str, Cursor], until: float) -> None:
        self._node = node
        self._former = former
        self._owed = dict(tops)
        self._gap = False
        self.until = until

    def gap(self) -> None:
        """Something may be missing."""
        self._gap = True

    def check(self, cursors: Mapping[str, Cursor], now: float) -> Moved | None:
        """The event, once: when all is there or the time is over."""
        for log, (epoch, top) in list(self._owed.items()):
            mine = cursors.get(log)
            if mine is None or (mine[0] == epoch and mine[1] >= top):
                del self._owed[log]
        if self._owed and now < self.until:
            return None
        return Moved(self._node, self._former, complete=not self._owed and not self._gap)
