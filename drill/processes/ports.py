"""Free ports on 127.0.0.1, which no two processes get at the same time."""

from __future__ import annotations

import atexit
import random
import socket
import threading
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
# Below the range from which Linux draws the ports of outgoing connections, unless somebody changed that.
LOWEST, HIGHEST = 12_000, 32_000
SLICE = 500
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """A free port. Any thread. Raises OSError."""
    return free_base((0,))


def free_base(offsets: tuple[int, ...] = (0, 1, 2, 3, 99, 101, 102, 103, 201, 202, 203)) -> int:
    """A base port such that base + each of `offsets` is free. No other process gets one of them, and this one not
    before it has been through all its others. Any thread. Raises OSError."""
    return _ours.free_base(offsets)


class Slice:
    """The ports that one process gives out, until it ends or `close`.

    Its first port is its lock: bound, never listened on. The kernel lets one process bind it, and lets go of it
    however that one dies; and whoever shares our ports shares our locks, in whatever container or as whichever user."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._lock: socket.socket | None = None
        self._first = 0
        self._next = 0

    def free_base(self, offsets: tuple[int, ...]) -> int:
        """See above."""
        with self._mutex:
            if self._lock is None:
                self._take()
            for _ in range(SLICE):
                base = self._advance(max(offsets))
                if all(is_free(base + offset) for offset in offsets):
                    return base
        raise OSError("no free ports")

    def close(self) -> None:
        """Others may have it. Idempotent."""
        with self._mutex:
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    def _take(self) -> None:
        for first in _candidates():
            # Without SO_REUSEADDR: with it, two could bind a port on which neither listens.
            lock = socket.socket()
            with suppress(OSError):
                lock.bind((HOST, first))
                self._lock = lock
                # What the one before us left running is rather at the beginning.
                self._first, self._next = first, first + random.randrange(1, SLICE)
                return
            lock.close()
        raise OSError("no free ports: all slices are taken")

    def _advance(self, width: int) -> int:
        """The next base in turn, so that a port that waits for its server, or for its next start, isn't given again."""
        if self._next + width >= self._first + SLICE:
            self._next = self._first + 1
        base, self._next = self._next, self._next + width + 1
        return base


def _candidates() -> list[int]:
    """First ports of all slices at random; last those from which outgoing connections may take a port."""
    firsts = [*range(LOWEST, HIGHEST, SLICE)]
    random.shuffle(firsts)
    low, high = _outgoing()
    return sorted(firsts, key=lambda first: first <= high and low < first + SLICE)


def _outgoing() -> tuple[int, int]:
    with suppress(OSError, ValueError):
        low, high = OUTGOING.read_text().split()
        return int(low), int(high)
    return HIGHEST, HIGHEST


_ours = Slice()
atexit.register(_ours.close)
