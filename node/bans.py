"""Addresses that an operator has banned, and how connections are refused at the door."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import lru_cache

from cluster.addresses import host_of, network
from cluster.types import Ban
from node.verbs.refusals import banned
from wire import Dialect, render
from wire.frames import Error

KEPT = 3.0
"""Seconds for which a refused socket stays open: a close over what the client has sent would reset it, and our words
would be lost."""
MOST = 32
"""Sockets that are kept so; of more the oldest is closed earlier. They are of the descriptors that no client gets
(`command._OURS`): a flood of refusals must not take those that the node itself needs."""


_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: for no time at all."""


class Bans:
    """This node's copy. Any thread: it is replaced whole, so no lock is needed. Costs nothing while it is empty."""

    def __init__(self) -> None:
        # (IP version, bits beyond the prefix) -> prefix -> ban: a look-up for each length that occurs.
        self._by_length: dict[tuple[int, int], dict[int, Ban]] = {}

    def replace(self, bans: Sequence[Ban]) -> None:
        by_length: dict[tuple[int, int], dict[int, Ban]] = {}
        for ban in bans:
            try:
                net = network(ban.network)
            except ValueError:
                continue  # a later version's, or written by hand
            rest = net.max_prefixlen - net.prefixlen
            by_length.setdefault((net.version, rest), {})[int(net.network_address) >> rest] = ban
        self._by_length = by_length

    def of(self, peer: str) -> Ban | None:
        """The ban of `HOST:PORT`, if it has one."""
        if not self._by_length:
            return None
        host = host_of(peer)
        for (version, rest), bans in self._by_length.items():
            ban = bans.get(int(host) >> rest) if host is not None and host.version == version else None
            if ban is not None and time.monotonic() < ban.over:
                return ban
        return None


def last_words(ban: Ban) -> Error:
    """To a client from there."""
    return banned("your address is banned", ban.until, ban.why)


def in_both(words: Error) -> bytes:
    """To a client that has not been heard yet: a native one takes the first line for the greeting."""
    return render(words, Dialect.PLAIN) + render(words, Dialect.NATIVE)


class Doorstep:
    """Refuses before a thread is spent. The listeners' threads, and the ticker's, meet here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the deque
        self._refused: deque[tuple[float, socket.socket]] = deque()

    def turn_away(self, sock: socket.socket, words: Error) -> None:
        """Never blocks."""
        try:
            sock.send(_last_lines(words), socket.MSG_DONTWAIT)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it is gone already
        with self._lock:
            self._refused.append((time.monotonic(), sock))
        self._close_all_before(0.0)

    def sweep(self, now: float) -> None:
        """Closes those that were kept long enough. `now`: monotonic."""
        self._close_all_before(now - KEPT)

    def close(self) -> None:
        """Closes all. Idempotent."""
        self._close_all_before(float("inf"))

    def _close_all_before(self, time: float) -> None:
        while True:
            with self._lock:
                if not self._refused or not (self._refused[0][0] < time or len(self._refused) > MOST):
                    return
                _, sock = self._refused.popleft()
            _close(sock)


def reset(sock: socket.socket) -> None:
    """Closes it without a word, nor a wait for the other side's: the cheapest there is. Never blocks."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    except OSError:
        pass  # it is gone already
    sock.close()


@lru_cache(64)
def _last_lines(words: Error) -> bytes:
    return in_both(words)


def _close(sock: socket.socket) -> None:
    """What the client has sent is read first, as far as it goes."""
    with sock:
        try:
            sock.recv(65536, socket.MSG_DONTWAIT)
        except OSError:
            pass
