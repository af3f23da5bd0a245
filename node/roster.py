"""The open connections: how many there are, how many from where, and who has not said hello yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from node.limits import Limits
from node.sources import Sources, source_of

if TYPE_CHECKING:
    from node.connection import Connection

ALL, ONE_ADDRESS = "max_connections", "max_connections_per_address"


class Roster:
    """Any thread. `exempt`: addresses that may have as many connections as they like."""

    def __init__(self, limits: Limits, exempt: Sources) -> None:
        self._limits = limits
        self._exempt = exempt
        # Those who say nothing can't take all places, however few there are.
        self._most_pending = min(limits.max_pending, max(1, limits.max_connections // 2))
        # Guards what follows; notified when a connection leaves.
        self._changed = threading.Condition()
        self._open: dict[Connection, str] = {}  # by what its address is counted; '': it is not
        self._sources: dict[str, int] = {}
        self._pending: dict[Connection, None] = {}  # no hello yet; in the order in which they came

    def add(self, connection: Connection, source: str) -> str:
        """The limit that it would exceed, or ''. `source`: of `source`; '' if it isn't known yet."""
        with self._changed:
            if len(self._open) >= self._limits.max_connections:
                return ALL
            if not self._count(source):
                return ONE_ADDRESS
            self._open[connection] = source
            self._pending[connection] = None
            return ""

    def source(self, peer: str) -> str:
        """By what `HOST:PORT` is counted; '': it is exempt."""
        unlimited = not self._limits.max_connections_per_address or peer in self._exempt
        return "" if unlimited else source_of(peer)

    def place(self, connection: Connection, source: str) -> bool:
        """Where it really comes from is known now. False: too many come from there."""
        with self._changed:
            if connection not in self._open or not self._count(source):
                return False
            self._discount(self._open[connection])
            self._open[connection] = source
            return True

    def remove(self, connection: Connection) -> None:
        with self._changed:
            self._pending.pop(connection, None)
            self._discount(self._open.pop(connection, ""))
            self._changed.notify_all()

    def all(self) -> list[Connection]:
        with self._changed:
            return list(self._open)

    def __len__(self) -> int:
        return len(self._open)

    # -- before hello ----------------------------------------------------------------------

    def greets(self, connection: Connection) -> None:
        """It has said hello, and waits for the answer."""
        with self._changed:
            self._pending.pop(connection, None)

    def refused(self, connection: Connection) -> None:
        """… and was refused: it may say another one."""
        with self._changed:
            if connection in self._open:
                self._pending[connection] = None

    def one_too_many(self) -> Connection | None:
        """If too many have not said hello: the one that has had longest for it. It is on the list no more."""
        with self._changed:
            if len(self._pending) <= self._most_pending:
                return None
            oldest = next(iter(self._pending))
            del self._pending[oldest]
            return oldest

    def overdue(self, before: float) -> list[Connection]:
        """Those accepted before then (monotonic) that have not said hello. They are on the list no more."""
        with self._changed:
            found = [connection for connection in self._pending if connection.began < before]
            for connection in found:
                del self._pending[connection]
            return found

    def wait_until_none(self, deadline: float, chosen: Callable[[Connection], bool] = lambda _: True) -> bool:
        """Blocks until no chosen connection is open, or until `deadline` (monotonic): False."""
        with self._changed:
            while any(map(chosen, self._open)):
                patience = deadline - time.monotonic()
                if patience <= 0 or not self._changed.wait(patience):
                    return not any(map(chosen, self._open))
            return True

    # -- inside: the lock is held ----------------------------------------------------------

    def _count(self, source: str) -> bool:
        count = self._sources.get(source, 0)
        if source and count >= self._limits.max_connections_per_address:
            return False
        if source:
            self._sources[source] = count + 1
        return True

    def _discount(self, source: str) -> None:
        count = self._sources.get(source, 0)
        if count > 1:
            self._sources[source] = count - 1
        elif count:
            del self._sources[source]
