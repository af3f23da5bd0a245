"""What waits for one socket, bounded in bytes.

1. Offering never blocks and never touches the socket.
2. Bytes count as waiting until the kernel took them.
3. Overflow drops what waits, keeps the line that is half sent, and ends with `last_words`, whose
   code tells the client that it may resume: nothing of it is lost, it is in the logs.
4. An outbox is scheduled with the deliverer at most once at a time, and only who has it in hand sends: the deliverer,
   or for one answer the connection's own thread, where nothing waits (`answer`). (It does no harm if the deliverer
   comes by once more, as it does at the end, and where TLS has something to say.)

One lock for all: a burst for a thousand takes it once, and it lies in the processor's cache, where a thousand would
have to be fetched each time. It is held for a few instructions for each of them, never over a call that could block.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

AT_ONCE = int(socket.MSG_DONTWAIT)  # a flag's own class costs a conversion for each call
_LOCK = threading.Lock()
"""Guards what every outbox says is guarded."""
_offered = 0  # guarded as well


def offered_in_bursts() -> int:
    """Bytes of all that was ever offered to many at once in this process, each burst counted once. Any thread."""
    return _offered


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
        "_schedule",
        "_scheduled",
        "_waiting",
        "_when_low",
        "cut",
        "ended",
        "finishing",
        "flushed",
        "heir",
        "in_hand",
        "last_words",
        "limit",
        "low_water",
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
        # The lock guards what follows, up to the empty line.
        self._waiting: bytes | list[bytes] = b""  # a list where there are several: mostly there is one, or none
        self._scheduled = False  # nothing waits, nor is in anybody's hands, while it is not
        self._when_low: list[Callable[[], None]] = []
        self.size = 0
        self.taken = 0  # bytes that have left, for the kernel or dropped
        self.in_hand = False  # of the connection's own thread, which gives it back to the deliverer if there is more
        self.finishing = False
        self.overflowed = False
        self.progress = 0.0  # when the kernel took some last, or there began to be some

        # Of who has it in hand: what was taken and could not be sent yet, and whether that was cut (3).
        self.rest: bytes | memoryview = b""
        self.cut = False
        # Made by the connection when it waits for them. The deliverer sets the one when all that waited
        # in a finishing outbox is gone, the other when it has let go of the socket.
        self.flushed: threading.Event | None = None
        self.ended: threading.Event | None = None
        self.heir: Callable[[], None] | None = None  # closes the socket, if the connection waited no longer for `ended`

    def offer(self, data: bytes) -> bool:
        """Appends whole lines. False: nothing more is taken (closing, or it overflowed just now)."""
        now = time.monotonic()
        with _LOCK:
            due = self._put(data, now)
        if due:
            self._schedule((self,))
        return not self.finishing

    def answer(self, data: bytes) -> bool:
        """As `offer`, of the thread that reads the socket: where nothing waits it sends for itself, since to wake
        another thread would cost as much as the answer."""
        now = time.monotonic()
        with _LOCK:
            mine = not (self._scheduled or self.finishing or self.tls or len(data) > self.limit)
            if mine:
                self._scheduled = self.in_hand = True
                self.size, self.progress = len(data), now
        return self._send(data, now) if mine else self.offer(data)

    def _send(self, data: bytes, now: float) -> bool:
        try:
            count = self.sock.send(data, AT_ONCE)
        except OSError:
            count = 0  # it is full, or broken: the deliverer sees which
        whole = count == len(data)
        if not whole:
            self.rest = memoryview(data)[count:]
        self.in_hand = False
        if self.sent(count, now, whole=whole):
            self._schedule((self,))
        return not self.finishing

    @staticmethod
    def offer_all(outboxes: Iterable[Outbox], data: bytes) -> None:
        """The same bytes to each of one deliverer, which begins when they all have them."""
        global _offered
        now, length = time.monotonic(), len(data)
        due = []
        with _LOCK:
            _offered += length
            for outbox in outboxes:
                if outbox._scheduled or outbox.finishing or length > outbox.limit:
                    if outbox._put(data, now):
                        due.append(outbox)
                else:  # nothing waits, as is usual
                    outbox._scheduled = True
                    outbox._waiting = data
                    outbox.size = length
                    outbox.progress = now
                    due.append(outbox)
        if due:
            due[0]._schedule(due)

    def _put(self, data: bytes, now: float) -> bool:  # the lock is held
        """Whether it has to be scheduled."""
        if self.finishing:
            return False
        if self.size + len(data) > self.limit:
            self._overflow()
            return True
        if not self.size:
            self.progress = now
        self._append(data)
        if self._scheduled:
            return False
        self._scheduled = True
        return True

    def finish(self, last: bytes = b"") -> None:
        """What waits is still sent, then `last`, then the socket is half closed. Idempotent."""
        with _LOCK:
            if not self.finishing:
                self.finishing = True
                self._append(last)
            self._scheduled = True
        self._schedule((self,))

    def overflow(self) -> bool:
        """As if it had: all of them together hold too much. False: it was ending anyway."""
        with _LOCK:
            if self.finishing:
                return False
            self._overflow()
        self._schedule((self,))
        return True

    def break_off(self) -> None:
        """Drops everything: the socket is broken, or its connection closes it now."""
        with _LOCK:
            self.finishing = self._scheduled = True
            self._drop()
        self._schedule((self,))

    def nudge(self) -> None:
        """The deliverer comes by, though nothing was offered: TLS itself has something to say. Never blocks."""
        self._schedule((self,))

    @property
    def offered(self) -> int:
        """Bytes ever offered."""
        with _LOCK:
            return self.taken + self.size

    def low(self, when_low: Callable[[], None]) -> bool:
        """Whether replay may be offered; if not, `when_low` is called once when it may (deliverer)."""
        with _LOCK:
            if self.finishing or self.size < self.low_water:
                return True
            self._when_low.append(when_low)
            return False

    def take(self) -> bytes:
        """Everything that waits, joined. b'': nothing, and the outbox is not scheduled any more."""
        with _LOCK:
            waiting = self._waiting
            if not waiting:
                self._scheduled = False
                return b""
            self._waiting = b""
        return waiting if isinstance(waiting, bytes) else b"".join(waiting)

    def sent(self, count: int, now: float = 0.0, *, whole: bool) -> bool:
        """`count` bytes are gone, at `now`, if the kernel took them; `whole`: all that was taken. Whether there is
        more to do."""
        with _LOCK:
            self.size -= count
            self.taken += count
            if count and now:
                self.progress = now
            if whole and not (self._waiting or self._when_low or self.finishing):
                self._scheduled = False
                return False
            called: list[Callable[[], None]] = []
            if self._when_low and (self.finishing or self.size < self.low_water):
                called, self._when_low = self._when_low, called
            more = not whole or bool(self._waiting) or self.finishing
            if not more:
                self._scheduled = False
        for when_low in called:
            when_low()
        return more

    def _append(self, data: bytes) -> None:  # the lock is held
        if not data:
            return
        if isinstance(self._waiting, list):
            self._waiting.append(data)
        else:
            self._waiting = [self._waiting, data] if self._waiting else data
        self.size += len(data)

    def _drop(self) -> None:  # the lock is held
        waiting, self._waiting = self._waiting, b""
        dropped = len(waiting) if isinstance(waiting, bytes) else sum(map(len, waiting))
        self.size -= dropped
        self.taken += dropped

    def _overflow(self) -> None:  # the lock is held
        self.overflowed = self.finishing = self._scheduled = True
        self._drop()
        self._append(self.last_words)
