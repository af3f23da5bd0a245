"""The entries that a feed offered last, with the bytes that they became.

Who is only a little behind gets them from here. Else a room in full flow could not be caught up with: by the
time that a page came from Redis the feed is elsewhere (measured: 500 clients that came in at 3,000 messages a
second read from Redis until the traffic ended).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from cluster.types import Entry, Kind
from node.delivery import Delivery
from node.letters import letter
from wire import Dialect

LIMIT = 256 * 1024
"""Bytes of texts and overhead, for each room."""
_OVERHEAD = 500


class Letters:
    """An entry, rendered once for each dialect that is asked for."""

    __slots__ = ("_made", "entry")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._made: dict[Dialect, bytes] = {}

    def made(self, dialect: Dialect) -> bytes:
        """The bytes for all clients of `dialect`."""
        data = self._made.get(dialect)
        if data is None:
            data = self._made[dialect] = letter(self.entry, dialect)
        return data

    def offer(self, delivery: Delivery) -> None:
        """For one client."""
        if self.entry.kind == Kind.GAP:
            delivery.offer(self.entry)
        elif data := self.made(delivery.dialect):
            delivery.outbox.offer(data)

    @property
    def size(self) -> int:
        return _OVERHEAD + len(self.entry.text)


class Recent:
    """Without holes, in one epoch. The feed's lock guards it."""

    __slots__ = ("_letters", "_limit", "_size")

    def __init__(self, limit: int) -> None:
        self._letters: deque[Letters] = deque()
        self._limit = limit
        self._size = 0

    def add(self, letters: Letters) -> None:
        self._letters.append(letters)
        self._size += letters.size
        while self._size > self._limit:
            self._size -= self._letters.popleft().size

    def clear(self) -> None:
        self._letters.clear()
        self._size = 0

    def since(self, offset: int) -> Iterator[Letters] | None:
        """Those from `offset` on; None: they are not all here."""
        first = self._letters[0].entry.offset if self._letters else offset + 1
        return islice(self._letters, offset - first, None) if offset >= first else None
