"""The thread that sends.

It takes everything that waits for a socket and hands it to the kernel in one call that does not
block, though the socket itself is a blocking one (its reader sleeps in `recv`). What the kernel
does not take waits until the socket is writable.

After a long round it rests for a while (`node.pace`): what comes meanwhile goes out together, and the kernel charges
for calls, not for messages. What is for a few goes out in between: neither a round nor a rest keeps it waiting.

A descriptor is closed by its connection, and only after `forget` has seen it out of here: else the number might by then
be another client's. Where the connection did not wait for that it is closed here.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from node.outbox import AT_ONCE, Outbox, Tls, offered_in_bursts
from node.pace import NAP, Pace

_ROUND = 512
"""Sockets that are served between two looks at those that were full."""
_SOON = 4
"""Of those that go out in between, so many for each of the others: who floods a few does not stop a large room."""
SHORT_REST = 0.005
"""Seconds, at most, where there was something for a few, but for many such few."""
MANY, LONG = 16, 0.001
"""Sockets and seconds of a round from which on it is worth a rest. A few may take long because the machine is busy."""


class Deliverer:
    """`run` is the thread's loop, `close` comes after it; the rest: any thread, never blocking but `forget`."""

    def __init__(self) -> None:
        self._due: deque[Outbox] = deque()
        self._soon: deque[Outbox] = deque()  # in between
        self._blocked: dict[int, Outbox] = {}  # the loop's alone
        self._selector = selectors.DefaultSelector()
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._awake = False
        self._stopping = False
        self._now = 0.0  # the loop's alone: when the sockets began that it is at
        self._pace = Pace()

    def schedule(self, outboxes: Sequence[Outbox]) -> None:
        """They have something to do."""
        (self._soon if len(outboxes) < MANY else self._due).extend(outboxes)
        if not self._awake:
            self._ring()

    def forget(self, outbox: Outbox, timeout: float, close: Callable[[], None] = lambda: None) -> bool:
        """Ends all use of the outbox's socket. False: the loop did not answer within `timeout` seconds; it calls
        `close` when it does."""
        ended = outbox.ended = threading.Event()
        # Before all others: it costs no call of the kernel, and a round of sends may take seconds in which the
        # interpreter is wanted by hundreds of threads, of which each gets it between two of these.
        self._soon.appendleft(outbox)
        outbox.break_off()
        if ended.wait(timeout):
            return True
        outbox.heir = close
        return ended.is_set()  # just now: then both close it, which does no harm

    def stop(self) -> None:
        """Ends the loop. Idempotent."""
        self._stopping = True
        self._ring()

    def close(self) -> None:
        self._selector.close()
        self._ear.close()
        self._bell.close()

    def run(self) -> None:
        left, count, spent = 0, 0, 0.0  # of a round: how many are still to be served, and were; seconds
        while not self._stopping:
            self._look()
            began = self._now = time.monotonic()
            left = left or len(self._due)
            some = min(left, _ROUND)
            for _ in range(some):
                if self._soon:
                    self._serve_in_between(_SOON)
                self._serve(self._due.popleft())
            few = self._serve_in_between(_ROUND)
            left, count, spent = left - some, count + some, spent + time.monotonic() - began
            if not left:
                if count >= MANY and spent >= LONG:
                    self._rest_after(spent)
                elif few >= MANY and spent >= LONG:
                    time.sleep(min(spent, SHORT_REST))
                count, spent = 0, 0.0

    def _serve_in_between(self, most: int) -> int:
        """How many there were."""
        some = min(most, len(self._soon))
        for _ in range(some):
            self._serve(self._soon.popleft())
        return some

    def _rest_after(self, spent: float) -> None:
        self._now = time.monotonic()
        self._pace.begin(spent, self._now, offered_in_bursts())
        while not self._stopping and (left := self._pace.left(self._now, offered_in_bursts())):
            if self._due:  # a further burst for the same would not ring
                time.sleep(NAP)
                self._now = time.monotonic()
            else:
                self._look(left)
            self._serve_in_between(_ROUND)

    def _look(self, longest: float | None = None) -> None:
        ready = self._selector.select(self._patience(longest))
        self._now = time.monotonic()
        for key, _ in ready:
            if key.fileobj is self._ear:
                self._ear.recv(4096)
            else:
                self._unblock(key.fd)
        self._awake = True

    def _patience(self, longest: float | None) -> float | None:
        # First the flag, then another look: whoever appended before the flag fell is seen by the look,
        # whoever appends after it rings.
        self._awake = False
        return 0 if self._due or self._soon or self._stopping else longest

    def _ring(self) -> None:
        try:
            self._bell.send(b"!")
        except OSError:
            pass  # full: it wakes anyway; closed: it has ended

    def _unblock(self, fd: int) -> None:
        outbox = self._blocked.get(fd)
        if outbox is not None:
            self._release(outbox)
            self._serve(outbox)

    def _serve(self, outbox: Outbox) -> None:
        if outbox.in_hand:
            return  # who has it gives it back, if there is more
        if outbox.ended is not None:
            self._let_go(outbox)
            return
        data = self._rest(outbox) if outbox.rest else outbox.take()
        if not data:
            if (outbox.tls is None or self._flush(outbox, outbox.tls)) and outbox.finishing:
                self._half_close(outbox)
            return
        try:
            count = outbox.sock.send(data, AT_ONCE)
        except BlockingIOError:
            count = 0
        except OSError:
            self._break(outbox, len(data))
            return
        whole = count == len(data)
        if outbox.rest or not whole:
            outbox.rest = b"" if whole else memoryview(data)[count:]
        if outbox.sent(count, self._now, whole=whole):
            if whole:
                self._due.append(outbox)  # behind the others
            else:
                self._block(outbox)

    def _flush(self, outbox: Outbox, tls: Tls) -> bool:
        if tls.flush(last=outbox.finishing):
            return True
        self._block(outbox)
        return False

    def _rest(self, outbox: Outbox) -> bytes | memoryview:
        if outbox.overflowed and not outbox.cut:
            self._cut(outbox)
        return outbox.rest or outbox.take()

    def _cut(self, outbox: Outbox) -> None:
        """Keeps the line that is half sent, so that the client can read what follows it. What is encrypted already is
        as good as sent: the stream can't be read without it."""
        outbox.cut = True
        rest = bytes(outbox.rest)
        whole = outbox.rest.obj if isinstance(outbox.rest, memoryview) else rest
        assert isinstance(whole, bytes)
        sent = len(whole) - len(rest)
        gone = sent + (outbox.tls.pledged if outbox.tls is not None else 0)
        half = gone > 0 and whole[gone - 1 : gone] != b"\n"
        outbox.rest = whole[sent : whole.find(b"\n", gone) + 1 if half else gone]
        outbox.sent(len(rest) - len(outbox.rest), whole=False)

    def _block(self, outbox: Outbox) -> None:
        fd = outbox.sock.fileno()
        if fd not in self._blocked:
            self._blocked[fd] = outbox
            self._selector.register(fd, selectors.EVENT_WRITE)

    def _release(self, outbox: Outbox) -> None:
        if self._blocked.pop(outbox.sock.fileno(), None) is not None:
            self._selector.unregister(outbox.sock.fileno())

    def _break(self, outbox: Outbox, unsent: int) -> None:
        outbox.rest = b""
        self._release(outbox)
        outbox.sent(unsent, whole=True)
        outbox.break_off()

    def _half_close(self, outbox: Outbox) -> None:
        try:
            outbox.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client was faster
        if outbox.flushed is not None:
            outbox.flushed.set()

    def _let_go(self, outbox: Outbox) -> None:
        self._release(outbox)
        unsent, outbox.rest = len(outbox.rest), b""
        outbox.sent(unsent, whole=True)
        for event in (outbox.flushed, outbox.ended):
            if event is not None:
                event.set()
        if outbox.heir is not None:
            outbox.heir()
