"""When the deliverer goes on after a long round (a round: one call of the kernel for each socket that has something).

The kernel charges for calls, not for messages, so what comes a few milliseconds later should go out together. How long
is worth waiting is not known, but those who talk mostly wait for what they said before they say more: after a round
about as much comes as came after the last ones, and then nothing until the next round. So a rest ends

1. when as much has come since the last one as came between the last few, or
2. when something has come and then nothing more for `STILL`, or
3. after three times as long as the round took, at most `LONGEST`.

Measured against a rest as long as the round, in docs/performance.md.
"""

from __future__ import annotations

TIMES = 3.0
LONGEST = 0.05
"""Seconds."""
STILL = 0.003
NAP = 0.0005
"""Seconds between two looks, once something has come."""
FADES = 0.98
"""Of what came most in one go: so much of it is still expected the next time."""


class Pace:
    """One deliverer's. Pure; `offered`: a count of all bytes that have ever come."""

    __slots__ = ("_before", "_first", "_heard", "_seen", "_until", "_want")

    def __init__(self) -> None:
        self._before = 0  # `offered` when the last rest ended
        self._want = 0.0
        self._first = self._seen = 0  # `offered` when this rest began; at the last look
        self._heard = self._until = 0.0  # when `_seen` last grew; when the rest ends at the latest

    def begin(self, spent: float, now: float, offered: int) -> None:
        """A rest begins, after a round of `spent` seconds."""
        self._until = now + min(spent * TIMES, LONGEST)
        self._first = self._seen = offered
        self._heard = now

    def left(self, now: float, offered: int) -> float:
        """Seconds that the rest still lasts if nothing comes; 0: it is over. To be asked every `NAP` once something has
        come."""
        if offered != self._seen:
            self._seen, self._heard = offered, now
        has_come = offered != self._first
        is_all = has_come and offered - self._before >= self._want
        is_still = has_come and now - self._heard >= STILL
        if is_all or is_still or now >= self._until:
            self._end(offered)
            return 0.0
        return self._until - now

    def _end(self, offered: int) -> None:
        self._want = max(offered - self._before, self._want * FADES)
        self._before = offered
