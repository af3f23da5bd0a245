"""Buckets that the nodes share: each counts for itself, and what was taken at each flows together in Redis once a
heartbeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from node.buckets import Bucket

T = TypeVar("T")
MERGED = 500
"""Addresses that are asked about in one run of the script."""


class SharedBucket(Bucket):
    """Whoever shares it among threads locks it. `spent`: what was taken here since the others were told."""

    __slots__ = ("spent",)

    def __init__(self, rate: float, burst: int) -> None:
        super().__init__(rate, burst)
        self.spent = 0.0

    def spend(self, now: float, cost: float = 1.0) -> None:
        """`take`, and the others are to hear of it."""
        self.take(now, cost)
        self.spent += cost

    def to_tell(self, now: float) -> int:
        """What `spent` takes, in milliseconds, without what has come back already: it may be long that the others could
        not be told."""
        return min(round(self.worth(self.spent)), self.ahead(now))

    def merge(self, now: float, told: float, ahead: int) -> None:
        """The others know of `told` now, and over all nodes it is whole in `ahead` milliseconds."""
        self.spent -= told
        self.put(now, ahead, self.spent)


def in_portions(busy: Sequence[T], tell: Callable[[Sequence[T]], bool]) -> None:
    """Tells of all of them, `MERGED` at a time; after one that failed the rest waits for the next heartbeat."""
    for start in range(0, len(busy), MERGED):
        if not tell(busy[start : start + MERGED]):
            return
