"""Events on their way to the user."""

from __future__ import annotations

from collections import deque

from client.events import Event, Stopped

FLOOD = 10


class EventQueue:
    """Bounded in effect: once `limit` events wait it is `full`, and the socket is not read until
    half of them were taken, but for somebody who waits for an outcome: up to `FLOOD` times as many, then it is
    `flooded`. The lock of who uses it guards it; `full` and `flooded` may be read without."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[Event] = deque()
        self.full = False
        self.ended = False

    @property
    def flooded(self) -> bool:
        return len(self._events) >= self._limit * FLOOD

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Event) -> None:
        self._events.append(event)
        self.ended = self.ended or isinstance(event, Stopped)
        self.full = self.full or len(self._events) >= self._limit

    def take(self) -> tuple[Event | None, bool]:
        """The oldest event, and whether this made room again."""
        event = self._events.popleft() if self._events else None
        relieved = self.full and len(self._events) <= self._limit // 2
        self.full = self.full and not relieved
        return event, relieved

    def end(self, last: Stopped) -> None:
        """Whatever happened, there is an end to it."""
        if not self.ended:
            self.put(last)
