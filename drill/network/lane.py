"""One direction of a connection through a proxy."""

from __future__ import annotations

import socket
from collections import deque
from contextlib import suppress

MOST = 65536
"""Bytes that wait in a lane; the rest waits in the kernel, and then at the sender."""
TICK = 0.02
"""Seconds of throttled traffic that go out in one piece."""


class Lane:
    """From one socket to the other, both non-blocking. The network's thread alone.

    `held`, `delay`, `rate`: as the rules say. `half`: the next piece is the last, and only half of it passes;
    `was_halved`: that has happened."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.held = False
        self.delay = 0.0
        self.rate = 0.0
        self.half = False
        self.was_halved = False
        self.is_over = False
        self._source, self._sink = source, sink
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._size = 0
        self._ended = False  # the source has said all
        self._free_at = 0.0
        self._full = False  # the sink takes nothing more at the moment

    @property
    def wants_read(self) -> bool:
        return not self.held and not self._ended and self._size < MOST

    def wants_write(self, now: float) -> bool:
        """Whether the sink's readiness is what it waits for."""
        return self._full and not self.held and self.due() <= now

    def due(self) -> float:
        """When it has something to do by itself; infinite: never."""
        if self.held or self.is_over or not self._waiting:
            return float("inf")
        return max(self._waiting[0][0], self._free_at)

    def read(self, now: float) -> bytes:
        """Takes what is there. Returns it, to be looked at. Raises OSError."""
        try:
            data = self._source.recv(MOST - self._size)
        except (BlockingIOError, InterruptedError):
            return b""
        if not data:
            self._ended = True
        elif self.half and len(data) > 1:
            self._put(now, data[: len(data) // 2])
            self._ended = self.was_halved = True
        else:
            self._put(now, data)
        return data

    def write(self, now: float) -> bool:
        """Passes on what is due. Returns whether the whole connection is to be cut. Raises OSError."""
        self._full = False
        while not self._full and self.due() <= now:
            self._send(now)
        if self._ended and not self._waiting and not self.held and not self.is_over:
            self.is_over = True
            if self.was_halved:
                return True
            with suppress(OSError):  # it is closed already
                self._sink.shutdown(socket.SHUT_WR)
        return False

    def _put(self, now: float, data: bytes) -> None:
        self._waiting.append((now + self.delay, data))
        self._size += len(data)

    def _send(self, now: float) -> None:
        due, data = self._waiting[0]
        piece = data[: max(1, int(self.rate * TICK))] if self.rate else data
        try:
            sent = self._sink.send(piece)
        except (BlockingIOError, InterruptedError):
            self._full = True
            return
        self._size -= sent
        if self.rate:
            self._free_at = now + sent / self.rate
        if sent < len(data):
            self._waiting[0] = (due, data[sent:])
        else:
            self._waiting.popleft()
