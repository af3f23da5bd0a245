"""The open connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from node.connection import Connection


class Roster:
    """Any thread. `limit`: how many there may be."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # Guards the set; notified when one leaves it.
        self._changed = threading.Condition()
        self._open: set[Connection] = set()

    def add(self, connection: Connection) -> bool:
        """False: there are too many."""
        with self._changed:
            if len(self._open) >= self._limit:
                return False
            self._open.add(connection)
            return True

    def remove(self, connection: Connection) -> None:
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def all(self) -> list[Connection]:
        with self._changed:
            return list(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def wait_until_none(self, deadline: float, chosen: Callable[[Connection], bool] = lambda _: True) -> bool:
        """Blocks until no chosen connection is open, or until `deadline` (monotonic): False."""
        with self._changed:
            while any(map(chosen, self._open)):
                patience = deadline - time.monotonic()
                if patience <= 0 or not self._changed.wait(patience):
                    return not any(map(chosen, self._open))
            return True
