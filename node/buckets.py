"""A token bucket, as one number (GCRA): when it will be whole again if nothing more is taken.

Theory. A bucket of rate r and burst b that is short of k tokens is whole after k / r seconds. So k needs no count of
its own: taking one moves that time on by 1 / r, and what would move it further than b / r ahead of now is too much.
It fills by itself, nobody has to look after it, and the number means the same at each node and in Redis.
"""

from __future__ import annotations

_ROUNDING = 1e-6


class Bucket:
    """Times are monotonic seconds. Whoever shares it locks it."""

    __slots__ = ("_depth", "_each", "_whole")

    def __init__(self, rate: float, burst: int) -> None:
        """`rate`: a second, 0: without a limit."""
        self._each = 1 / rate if rate else 0.0
        self._depth = burst * self._each + _ROUNDING
        self._whole = 0.0

    def wait(self, now: float, cost: float = 1.0) -> float:
        """Seconds until `cost` may be taken; not above 0: now."""
        whole = self._whole
        return (whole if whole > now else now) + cost * self._each - now - self._depth

    def take(self, now: float, cost: float = 1.0) -> None:
        """Also more than there is."""
        whole = self._whole
        self._whole = (whole if whole > now else now) + cost * self._each

    def ahead(self, now: float) -> int:
        """Milliseconds until it is whole, rounded up."""
        return -int((now - self._whole) * 1000 // 1) if self._whole > now else 0

    def put(self, now: float, ahead: float, cost: float = 0.0) -> None:
        """It is whole in `ahead` milliseconds, says who knows it from elsewhere, and `cost` later than that."""
        self._whole = now + ahead / 1000 + cost * self._each

    def worth(self, cost: float) -> float:
        """Milliseconds for which `cost` takes."""
        return cost * self._each * 1000
