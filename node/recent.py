"""The entries that a feed offered last, with the bytes that they became.

Who is only a little behind gets them from here. Else a room in full flow could not be caught up with: by the
time that a page came from Redis the feed is elsewhere (measured: 500 clients that came in at 3,000 messages a
second read from Redis until the traffic ended).

It is also what the node offers when Redis has lost entries (R5). What was said in the last seconds is kept even where
it is more than a room's measure, as long as the whole node keeps within one: a file that is synced each second, or a
replica that lags, loses that much.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cluster.types import Entry, Kind
from node.letters import letter
from wire import Dialect

if TYPE_CHECKING:
    from node.delivery import Delivery

LIMIT = 256 * 1024
"""Bytes of texts and overhead, for each room."""
INBOX_LIMIT = 8 * 1024
"""The same for each inbox; the last letter is kept, however long."""
LATELY = 10.0
"""Seconds for which entries are kept beyond that."""
SPARE = 16 * 1024 * 1024
"""Bytes that all rooms of a node may keep beyond their limits."""
SLACK = 8
"""A room's measure may be passed by that part of it before somebody looks."""
_OVERHEAD = 500


class Spare:
    """What the rooms of a node may keep beyond their limits. Any thread."""

    def __init__(self, limit: int = SPARE) -> None:
        self._left = limit
        self._lock = threading.Lock()  # guards `_left`

    def take(self, size: int) -> bool:
        """False: there is not so much left. Less than 0: gives back."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


class Letters:
    """An entry, rendered once for each dialect that is asked for."""

    __slots__ = ("_made", "at", "entry", "is_repeat")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.at = time.monotonic()
        self.is_repeat = False  # it stood elsewhere in a former epoch, of which the entry does not know
        self._made: dict[Dialect, bytes] = {}

    def made(self, dialect: Dialect) -> bytes:
        """The bytes for all clients of `dialect`."""
        data = self._made.get(dialect)
        if data is None:
            data = self._made[dialect] = letter(self.entry, dialect)
        return data

    def offer(self, delivery: Delivery) -> None:
        """For one client."""
        if self.is_personal:
            delivery.offer(self.entry)
        elif data := self.made(delivery.dialect):
            delivery.outbox.offer(data)

    def aged(self) -> Letters:
        """For who may have been shown later ones before it."""
        if self.entry.kind != Kind.MESSAGE or self.entry.late:
            return self
        made = Letters(replace(self.entry, late=True))
        made.is_repeat = self.is_repeat
        return made

    @property
    def is_personal(self) -> bool:
        """Whether what a client is told of it depends on what he has seen in a former epoch."""
        return self.is_repeat or self.entry.kind == Kind.GAP or bool(self.entry.was)

    @property
    def is_brought_back(self) -> bool:
        """Whether it stood elsewhere before a loss."""
        return self.entry.late or bool(self.entry.was)

    @property
    def size(self) -> int:
        # The text itself, and as bytes for the one dialect and the other.
        return _OVERHEAD + 3 * len(self.entry.text)


_NOTHING: deque[Letters] = deque(maxlen=0)
"""What most inboxes remember. One of its own would cost each of them 760 bytes."""


class Recent:
    """Without holes, in one epoch. The feed's lock guards it."""

    __slots__ = ("_letters", "_limit", "_size", "_spare", "_taken", "_trimmed")

    def __init__(self, limit: int, spare: Spare | None = None) -> None:
        self._letters = _NOTHING
        self._limit = limit
        self._size = 0
        self._trimmed = 0  # what was left when it was last seen to
        self._spare = spare
        self._taken = 0  # of the spare

    def add(self, letters: Letters) -> None:
        if self._letters is _NOTHING:
            self._letters = deque()
        self._letters.append(letters)
        self._size += letters.size
        # Looked at once for many: of a busy room it would cost as much as to render each entry.
        if self._size > max(self._limit, self._trimmed) + self._limit // SLACK:
            self.trim(letters.at)

    def trim(self, now: float) -> None:
        """Lets go of what is over the limit and too old for the spare. `now`: monotonic."""
        least = 1 if self._limit else 0
        while self._size > self._limit and len(self._letters) > least and not self._is_spared(now):
            self._size -= self._letters.popleft().size
        self._trimmed = self._size
        if self._taken:
            self._give_back()

    def clear(self) -> None:
        self._letters = _NOTHING
        self._size = self._trimmed = 0
        self._give_back()

    def entries(self) -> list[Entry]:
        """All, oldest first."""
        return [letters.entry for letters in self._letters]

    def _is_spared(self, now: float) -> bool:
        if self._spare is None or now - self._letters[0].at > LATELY or self._reach > LATELY:
            return False
        more = self._size - self._limit - self._taken
        if more > 0 and self._spare.take(more):
            self._taken += more
        return self._taken >= self._size - self._limit

    @property
    def _reach(self) -> float:
        """Seconds between the oldest and the newest, by when they were said: what was read anew after a loss is not
        young for that."""
        return (self._letters[-1].entry.time - self._letters[0].entry.time) / 1000

    def _give_back(self) -> None:
        unused = self._taken - max(0, self._size - self._limit)
        if unused > 0 and self._spare is not None:
            self._spare.take(-unused)
            self._taken -= unused

    def since(self, offset: int) -> Iterator[Letters] | None:
        """Those from `offset` on; None: they are not all here."""
        first = self._letters[0].entry.offset if self._letters else offset + 1
        return islice(self._letters, offset - first, None) if offset >= first else None
