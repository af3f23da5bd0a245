"""What is known of this node's health, from several threads, as one word.

Who meets here: publisher, beat and subscriber threads. The lock guards the three facts and the last word told;
`on_health` is called under no lock, and in order, since a second lock holds the telling together.
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
        self._answers = False  # Redis carries out our scripts, and our lease holds
        self._hears = True
        self._reached = False
        self._told = Health.STARTING

    @property
    def health(self) -> Health:
        with self._lock:
            return self._word()

    def redis(self, answers: bool) -> None:
        with self._lock:
            self._answers = answers
            self._reached |= answers
        self._settle()

    def hearing(self, hears: bool) -> None:
        with self._lock:
            self._hears = hears
        self._settle()

    def _word(self) -> Health:
        if not self._reached:
            return Health.STARTING
        if not self._answers:
            return Health.DEGRADED
        return Health.SERVING if self._hears else Health.DEAF

    def _settle(self) -> None:
        with self._telling:
            with self._lock:
                word = self._word()
                changed, self._told = word != self._told, word
            if changed:
                self._tell(word)
