"""What is known of this node's health, from several threads, as one word.

Who meets here: publisher, beat and subscriber threads. The lock guards the facts and the last word told;
`on_health` is called under no lock but `_telling`, which keeps the telling in order and is never taken by `tell`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from cluster.seam import Health


class Board:
    """`tell(health)` is called at each change."""

    def __init__(self, tell: Callable[[Health], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._beats = False
        self._publishes = False
        self._hears = True
        self._reached = False
        self._failed = False
        self._told = Health.STARTING

    @property
    def health(self) -> Health:
        with self._lock:
            return self._word()

    def beating(self, works: bool) -> None:
        """Our heartbeats come through, and in time. Any thread."""
        with self._lock:
            self._beats = works
            self._failed |= not works
        self._settle()

    def publishing(self, works: bool) -> None:
        """Redis carries out what the publisher asks. Any thread."""
        with self._lock:
            self._publishes = works
            self._failed |= not works
        self._settle()

    def hearing(self, works: bool) -> None:
        """Our probes come back. Any thread."""
        with self._lock:
            self._hears = works
        self._settle()

    def _word(self) -> Health:
        well = self._beats and self._publishes
        self._reached |= well
        # Redis that was away when we came is an outage like any other: it has to be said.
        if not self._reached and not self._failed:
            return Health.STARTING
        if not well:
            return Health.DEGRADED
        return Health.SERVING if self._hears else Health.DEAF

    def _settle(self) -> None:
        with self._telling:
            with self._lock:
                word = self._word()
                changed, self._told = word != self._told, word
            if changed:
                self._tell(word)
