"""Times as people read them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, nan


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds."""

    count: int
    p50: float
    p99: float
    most: float

    def __str__(self) -> str:
        return f"p50 {_ms(self.p50)}  p99 {_ms(self.p99)}  max {_ms(self.most)}  (of {self.count})"


def spread(times: Sequence[float]) -> Spread:
    """Nothing measured: not a number."""
    ranked = sorted(times)
    return Spread(len(ranked), at(ranked, 0.5), at(ranked, 0.99), ranked[-1] if ranked else nan)


def at(ranked: Sequence[float], share: float) -> float:
    """The least value that `share` of all do not exceed. `ranked`: rising."""
    return ranked[max(0, ceil(share * len(ranked)) - 1)] if ranked else nan


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:7.1f} ms"
