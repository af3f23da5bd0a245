"""A short line in which addresses take turns: who asks once waits for one of each other address, not for all that
somebody else has put there."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Any thread. `take` blocks; `close` wakes it."""

    def __init__(self) -> None:
        # Guards what follows; notified when there is something, or the end. Connections' threads meet the vault's.
        self._turn = threading.Condition()
        self._waiting: dict[str, deque[T]] = {}  # in the order of their turns
        self._closed = False

    def put(self, whose: str, item: T) -> bool:
        """False: it is closed, and nobody would take it."""
        with self._turn:
            if self._closed:
                return False
            self._waiting.setdefault(whose, deque()).append(item)
            self._turn.notify()
            return True

    def take(self) -> T | None:
        """The next one; None: it is closed."""
        with self._turn:
            while not self._waiting and not self._closed:
                self._turn.wait()
            if self._closed:
                return None
            whose = next(iter(self._waiting))
            items = self._waiting.pop(whose)
            item = items.popleft()
            if items:
                self._waiting[whose] = items  # behind the others
            return item

    def close(self) -> list[T]:
        """What waited, which nobody takes any more. Idempotent."""
        with self._turn:
            self._closed = True
            left = [item for items in self._waiting.values() for item in items]
            self._waiting.clear()
            self._turn.notify_all()
            return left
