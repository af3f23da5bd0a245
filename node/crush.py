"""What a listener does with a flood of connections: it takes them in bulk, with rests, so that waking a thread and
counting are done for many and not for each. The listener's thread only."""

from __future__ import annotations

import select
import socket
import threading
import time

from node.bans import reset
from node.limited import Limited

REST = 0.02
"""Seconds between two bulks. So much longer a newcomer waits while a flood lasts; meanwhile the kernel holds him."""
WORK = 0.01
"""Seconds for one bulk. More would take the interpreter from those who are here; what is not done by then waits, and
the kernel drops what is more than its list of them holds."""


class Crush:
    """`stopping`: ends a rest."""

    def __init__(self, sock: socket.socket, limit: str, limited: Limited, stopping: threading.Event) -> None:
        self._limit, self._limited, self._stopping = limit, limited, stopping
        self._more = select.poll()
        self._more.register(sock, select.POLLIN)
        self._count, self._peer = 0, ""  # refused and not counted yet
        self._began = 0.0  # of this bulk, monotonic

    def refuse(self, sock: socket.socket, peer: str) -> None:
        """Closes the one that was just accepted; rests if that was the last for now."""
        reset(sock)
        now = time.monotonic()
        if not self._count:
            self._began = now
        self._count, self._peer = self._count + 1, peer
        if now - self._began >= WORK or not self._more.poll(0):
            self.settle()
            self._stopping.wait(REST)

    def settle(self) -> None:
        """Counts those that were refused."""
        if self._count:
            count, self._count = self._count, 0
            self._limited.hit(self._limit, self._peer, count)
