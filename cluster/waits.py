"""Telling what a thread of this package waits for, once that has lasted: else a node that stays `degraded` says no word
until it isn't any more, and nobody can know why."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 1.0
"""Seconds after which it is told; at most so often, if it changes."""
AGAIN = 10.0
"""… and if it stays the same."""


class Waits:
    """Belongs to one thread. `tell(seconds, why)`: since when nothing got on, and what the last try ended with."""

    def __init__(self, tell: Callable[[float, str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._now = now
        self._since: float | None = None
        self._told_at = 0.0
        self._told = ""

    def on(self, why: str) -> None:
        """A try has failed, or nothing may be tried yet."""
        now = self._now()
        if self._since is None:
            self._since, self._told_at, self._told = now, now, ""
        if now - self._told_at >= (AGAIN if why == self._told else PATIENCE):
            self._told_at, self._told = now, why
            self._tell(now - self._since, why)

    def over(self) -> None:
        """It gets on."""
        self._since = None
