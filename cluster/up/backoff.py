"""How long to wait before a dead child is started again. Pure."""

from __future__ import annotations

FIRST = 0.5
LONGEST = 10.0
HEALTHY = 30.0


class Backoff:
    """Seconds to wait: 0.5, doubling to 10; from the start again after a life of 30 s."""

    def __init__(self) -> None:
        self._next = FIRST

    def died(self, lived: float) -> float:
        """`lived`: how long the last life was. Returns the seconds to wait."""
        if lived >= HEALTHY:
            self._next = FIRST
        wait, self._next = self._next, min(self._next * 2, LONGEST)
        return wait
