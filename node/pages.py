"""Pages of a room's log that were read of late, with the bytes that they became.

When a node dies, all its clients come back at once and lack the same entries. Each of them reading for itself is the
same page a thousand times from Redis, and its decoding and rendering with it. So pages begin at fixed offsets, and
are kept for as long as somebody asks for them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from cluster.types import Page, Position
from node.recent import Letters

SPAN = 200
"""Entries a page."""
LIMIT = 1024 * 1024
"""Bytes of texts and overhead, for each room that somebody catches up with."""


class Pages:
    """Any thread. `read`: as `ClusterSeam.read`, of one log."""

    def __init__(self, read: Callable[[Position, int], Page], limit: int = LIMIT) -> None:
        self._read = read
        self._limit = limit
        # Guards what follows.
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], Sequence[Letters]] = OrderedDict()  # those used last stand last
        self._size = 0
        self._used = False

    def after(self, cursor: Position) -> Sequence[Letters]:
        """What follows `cursor` in its page. Empty: read it yourself (it was trimmed, is of another epoch, too
        large to be kept, or there is nothing). Blocks on Redis. Raises ClusterError."""
        number, passed = divmod(cursor.offset, SPAN)
        key = (cursor.epoch, number)
        with self._lock:
            self._used = True
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is None or 0 < len(kept) <= passed:
            kept = self._fetch(key)
        return kept[passed:]

    def age(self) -> None:
        """Forgets everything if nobody has asked since the last call."""
        with self._lock:
            if not self._used:
                self._kept.clear()
                self._size = 0
            self._used = False

    def forget(self) -> None:
        """What was read is for nobody any more."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    def _fetch(self, key: tuple[str, int]) -> Sequence[Letters]:
        epoch, number = key
        page = self._read(Position(epoch, number * SPAN), SPAN)
        whole = page.position.epoch == epoch and page.start == number * SPAN + 1
        letters = [Letters(entry) for entry in page.entries] if whole else []
        if _size(letters) > self._limit // 2:
            letters = []  # remembered as such: the next one need not read it to find out
        with self._lock:
            self._size += _size(letters) - _size(self._kept.pop(key, ()))
            self._kept[key] = letters
            while self._size > self._limit:
                self._size -= _size(self._kept.popitem(last=False)[1])
        return letters


def _size(letters: Sequence[Letters]) -> int:
    return sum(one.size for one in letters)
