"""What waits for one socket, bounded in bytes.

1. Offering never blocks and never touches the socket.
2. Bytes count as waiting until the kernel took them.
3. Overflow drops what waits, keeps the line that is half sent, and ends with `last_words`, whose
   code tells the client that it may resume: nothing of it is lost, it is in the logs.
4. An outbox is scheduled with the deliverer at most once at a time, and only the deliverer sends. (It does no harm if
   it comes by once more, as it does at the end, and where TLS has something to say.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol


class Socket(Protocol):
    """What the deliverer needs of a socket. `send` takes MSG_DONTWAIT."""

    def fileno(self) -> int: ...
    def send(self, data: bytes | memoryview, flags: int, /) -> int: ...
    def shutdown(self, how: int, /) -> None: ...


class Tls(Protocol):
    """What the deliverer needs beside it where the socket speaks TLS: see `node.tls`."""

    pledged: int

    def flush(self, *, last: bool) -> bool: ...


class Outbox:
    """One connection's. `limit`: bytes; above `low_water`, a quarter of it, nothing that can wait (replay)
    should be offered. Methods: any thread, but for `take` and `sent`: the deliverer's."""

    __slots__ = (
        "_chunks",
        "_lock",
        "_schedule",
        "_scheduled",
        "_when_low",
        "cut",
        "ended",
        "finishing",
        "flushed",
        "heir",
        "last_words",
        "limit",
        "low_water",
        "offered",
        "overflowed",
        "progress",
        "rest",
        "size",
        "sock",
        "taken",
        "tls",
    )

    def __init__(self, sock: Socket, limit: int, schedule: Callable[[Sequence[Outbox]], None]) -> None:
        self.sock = sock
        self.limit = limit
        self.low_water = limit // 4
        self.last_words = b""
        self.tls: Tls | None = None  # the socket again, if it is one of these
        self._schedule = schedule
        # Guards what follows, up to the empty line.
        self._lock = threading.Lock()
        self._chunks: list[bytes] = []
        self._scheduled = False
        self._when_low: list[Callable[[], None]] = []
        self.size = 0
        self.offered = 0  # bytes ever offered; `taken`: those of them that left, for the kernel or dropped
        self.taken = 0
        self.finishing = False
        self.overflowed = False
        self.progress = 0.0  # when the kernel took some last, or there began to be some

        # The deliverer's alone: what it took and could not send yet, and whether that was cut (3).
        self.rest: bytes | memoryview = b""
        self.cut = False
        # Made by the connection when it waits for them. The deliverer sets the one when all that waited
        # in a finishing outbox is gone, the other when it has let go of the socket.
        self.flushed: threading.Event | None = None
        self.ended: threading.Event | None = None
        self.heir: Callable[[], None] | None = None  # closes the socket, if the connection waited no longer for `ended`

    def offer(self, data: bytes) -> bool:
        """Appends whole lines. False: nothing more is taken (closing, or it overflowed just now)."""
        if self._put(data, time.monotonic()):
            self._schedule((self,))
        return not self.finishing

    @staticmethod
    def offer_all(outboxes: Iterable[Outbox], data: bytes) -> None:
        """The same bytes to each of one deliverer, which begins when they all have them."""
        now = time.monotonic()
        due = [outbox for outbox in outboxes if outbox._put(data, now)]
        if due:
            due[0]._schedule(due)

    def _put(self, data: bytes, now: float) -> bool:
        """Whether it has to be scheduled. Called for each delivery: what is usual comes first."""
        length = len(data)
        with self._lock:
            size = self.size + length
            if self.finishing:
                return False
            if size > self.limit:
                self._overflow()
                return True
            if size == length:
                self.progress = now
            self._chunks.append(data)
            self.size = size
            self.offered += length
            if self._scheduled:
                return False
            self._scheduled = True
            return True

    def finish(self, last: bytes = b"") -> None:
        """What waits is still sent, then `last`, then the socket is half closed. Idempotent."""
        with self._lock:
            if not self.finishing:
                self.finishing = True
                self._append(last)
            self._scheduled = True
        self._schedule((self,))

    def overflow(self) -> bool:
        """As if it had: all of them together hold too much. False: it was ending anyway."""
        with self._lock:
            if self.finishing:
                return False
            self._overflow()
        self._schedule((self,))
        return True

    def break_off(self) -> None:
        """Drops everything: the socket is broken, or its connection closes it now."""
        with self._lock:
            self.finishing = self._scheduled = True
            self._drop()
        self._schedule((self,))

    def nudge(self) -> None:
        """The deliverer comes by, though nothing was offered: TLS itself has something to say. Never blocks."""
        self._schedule((self,))

    def low(self, when_low: Callable[[], None]) -> bool:
        """Whether replay may be offered; if not, `when_low` is called once when it may (deliverer)."""
        with self._lock:
            if self.finishing or self.size < self.low_water:
                return True
            self._when_low.append(when_low)
            return False

    def take(self) -> bytes:
        """Everything that waits, joined. b'': nothing, and the outbox is not scheduled any more."""
        with self._lock:
            chunks = self._chunks
            if len(chunks) == 1:
                return chunks.pop()
            if not chunks:
                self._scheduled = False
                return b""
            self._chunks = []
        return b"".join(chunks)

    def sent(self, count: int, now: float = 0.0, *, whole: bool) -> bool:
        """`count` bytes are gone, at `now`, if the kernel took them; `whole`: all that was taken. Whether there is
        more to do."""
        with self._lock:
            self.size -= count
            self.taken += count
            if count and now:
                self.progress = now
            if whole and not (self._chunks or self._when_low or self.finishing):
                self._scheduled = False
                return False
            called: list[Callable[[], None]] = []
            if self._when_low and (self.finishing or self.size < self.low_water):
                called, self._when_low = self._when_low, called
            more = not whole or bool(self._chunks) or self.finishing
            if not more:
                self._scheduled = False
        for when_low in called:
            when_low()
        return more

    def _append(self, data: bytes) -> None:  # the lock is held
        if data:
            self._chunks.append(data)
            self.size += len(data)
            self.offered += len(data)

    def _drop(self) -> None:  # the lock is held
        dropped = sum(map(len, self._chunks))
        self._chunks.clear()
        self.size -= dropped
        self.taken += dropped

    def _overflow(self) -> None:  # the lock is held
        self.overflowed = self.finishing = self._scheduled = True
        self._drop()
        self._append(self.last_words)
