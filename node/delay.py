"""How long messages take: from when this node took one to when it offered it to its own clients, by its own clock.

Only a few are looked at, one at a time: whether the one in hand has come back is asked once a burst. What is said to
one person comes back to nobody here, and doesn't count.

Who meets here: connections' threads say what they take, the publisher's thread what became of it, the subscriber's
that a burst is over, the ticker's that time passes. The lock is for those that end a sample; it is held over nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cluster.types import Position

A_TICK = 50
"""Samples between two ticks at most, which are half a second apart: their cost stays what it is on a busy node, too."""
EXPIRES = 10.0
"""Seconds after which a message that has not come back is counted with its age, and another one is looked at."""

Place = Callable[[str], Position | None]
"""Log -> up to where it was offered here."""


class _Sample:
    __slots__ = ("at", "log", "n", "position", "session")

    def __init__(self, session: str, n: int) -> None:
        self.session = session
        self.n = n
        self.at = time.monotonic()
        self.log = ""
        self.position: Position | None = None  # once accepted

    def is_back(self, place: Place) -> bool:
        position = self.position
        here = place(self.log) if position is not None else None
        return (
            position is not None and here is not None and here.epoch == position.epoch
            and here.offset >= position.offset
        )  # fmt: skip


class Sampler:
    """`observe`: is told seconds."""

    def __init__(self, observe: Callable[[float], None]) -> None:
        self._observe = observe
        self._lock = threading.Lock()
        self._sample: _Sample | None = None
        self._is_free = True  # two threads may see it at once: then one of the two samples is lost, which is no harm
        self._left = A_TICK
        self._burst_at = 0.0  # the end of the last burst

    def taken(self, session: str, n: int) -> None:
        """It goes to Redis now. The connection's thread."""
        if self._is_free:
            self._is_free = False
            self._sample = _Sample(session, n)

    def settled(self, session: str, n: int, log: str, position: Position | None, place: Place) -> None:
        """What became of it: where it stands, None: nowhere. The publisher's thread."""
        sample = self._sample
        if sample is None or sample.n != n or sample.session != session:
            return
        if position is None or not log.startswith("#"):
            self._end(sample, None)
            return
        sample.log, sample.position = log, position
        # The subscriber may have been first. One that it has heard, but not offered yet, is left to its burst.
        if self._burst_at > sample.at and sample.is_back(place):
            self._end(sample, self._burst_at)

    def burst(self, place: Place) -> None:
        """All that was heard has been offered. The subscriber's thread."""
        self._burst_at = now = time.monotonic()
        sample = self._sample
        if sample is not None and sample.is_back(place):
            self._end(sample, now)

    def tick(self, now: float, place: Place) -> None:
        """The ticker's."""
        self._left = A_TICK
        sample = self._sample
        if sample is None:
            self._is_free = True
        elif now - sample.at > EXPIRES:
            # Back without a burst since: it was an old message that was said once more.
            self._end(sample, None if sample.is_back(place) else now)

    def _end(self, sample: _Sample, now: float | None) -> None:
        with self._lock:
            if self._sample is not sample:
                return
            self._sample = None
            self._left -= now is not None
            self._is_free = self._left > 0
        if now is not None:
            self._observe(now - sample.at)
