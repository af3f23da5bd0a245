"""What counters and histograms say about a stretch of time. Pure; no clock."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Buckets = Mapping[float, float]
"""Upper bound -> how many were at or below it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a node showed at `at` (seconds of a clock that only goes forward). `values`: each name, summed over
    its labels, and `name{label}` for each single one; `buckets`: those of each histogram, cumulative."""

    at: float
    values: Mapping[str, float] = field(default_factory=dict)
    buckets: Mapping[str, Buckets] = field(default_factory=dict)

    def value(self, name: str) -> float | None:
        """None: the node does not show it, or doesn't know it itself (NaN)."""
        found = self.values.get(name)
        return found if found is not None and math.isfinite(found) else None


def grown(before: float, now: float) -> float:
    """By how much a counter has grown. One that is lower than before began again from 0 meanwhile."""
    return now - before if now >= before else now


def rate(before: Sample, now: Sample, name: str) -> float | None:
    """How much `name` has grown each second. None where it can't be told."""
    first, last, seconds = before.value(name), now.value(name), now.at - before.at
    if first is None or last is None or seconds <= 0:
        return None
    return grown(first, last) / seconds


def mean(before: Sample, now: Sample, histogram: str) -> float | None:
    """The mean of what `histogram` has seen between the two. None: nothing."""
    pairs = [(before.value(histogram + end), now.value(histogram + end)) for end in ("_count", "_sum")]
    if any(one is None for pair in pairs for one in pair):
        return None
    (count_before, count), (sum_before, total) = [(a or 0.0, b or 0.0) for a, b in pairs]
    if count < count_before:
        count_before = sum_before = 0.0
    seen = count - count_before
    return max(0.0, (total - sum_before) / seen) if seen > 0 else None


def seen(before: Sample, now: Sample, histogram: str) -> Buckets:
    """The buckets of what `histogram` has seen between the two; empty where it can't be told."""
    first, last = before.buckets.get(histogram), now.buckets.get(histogram)
    if first is None or last is None:
        return {}
    if any(last.get(bound, 0.0) < count for bound, count in first.items()):
        return dict(last)  # counted anew from 0
    return {bound: count - first.get(bound, 0.0) for bound, count in last.items()}


def together(parts: Iterable[Buckets]) -> Buckets:
    """The buckets of several nodes as one. A bound that a node doesn't have counts what it has at or below."""
    known = [part for part in parts if part]
    bounds = sorted({bound for part in known for bound in part})
    return {bound: sum(_at_most(part, bound) for part in known) for bound in bounds}


def _at_most(part: Buckets, bound: float) -> float:
    return max((count for upper, count in part.items() if upper <= bound), default=0.0)


def quantile(buckets: Buckets, q: float) -> float | None:
    """The value that a part `q` (0 to 1) of what was seen does not exceed, evenly spread within a bucket. None: nothing
    was seen. What is beyond the last finite bound counts as that bound."""
    bounds = sorted(buckets)
    wanted = q * buckets[bounds[-1]] if bounds else 0.0
    if wanted <= 0:
        return None
    lower, below = 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= wanted and math.isfinite(bound):
            return lower + (bound - lower) * (wanted - below) / (count - below)
        if math.isfinite(bound):
            lower, below = bound, count
    return lower


class Track:
    """The last samples of one run of a node, over `window` seconds. Not thread-safe."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._samples: deque[Sample] = deque()
        self._answered = False

    def add(self, sample: Sample | None) -> None:
        """What it showed now; None: it did not answer, and nothing is known of it until it does."""
        self._answered = sample is not None
        if sample is None:
            return
        self._samples.append(sample)
        # The newest one that is a whole window old stays, to measure from.
        while len(self._samples) > 2 and sample.at - self._samples[1].at >= self._window:
            self._samples.popleft()

    @property
    def answered(self) -> bool:
        """Whether it answered the last time."""
        return self._answered

    def now(self, name: str) -> float | None:
        """The value of `name` now."""
        return self._samples[-1].value(name) if self._answered else None

    def rate(self, name: str) -> float | None:
        """Each second since the sample before; after a gap, over all of it."""
        return rate(self._samples[-2], self._samples[-1], name) if self._two else None

    def mean(self, histogram: str) -> float | None:
        """Over the window."""
        return mean(self._samples[0], self._samples[-1], histogram) if self._two else None

    def seen(self, histogram: str) -> Buckets:
        """Over the window."""
        return seen(self._samples[0], self._samples[-1], histogram) if self._two else {}

    @property
    def _two(self) -> bool:
        return self._answered and len(self._samples) > 1


class History:
    """The last `limit` values of each of some names, for sparklines; a gap is None."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: dict[str, deque[float | None]] = {}

    def add(self, values: Mapping[str, float | None]) -> None:
        for name, value in values.items():
            self._values.setdefault(name, deque(maxlen=self._limit)).append(value)

    def last(self, name: str) -> tuple[float | None, ...]:
        """Oldest first."""
        return tuple(self._values.get(name, ()))
