"""What the sentinels of a group have told of its master, and which of it is the newest."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from cluster.group import Address

FORGOTTEN = 30.0
"""Seconds for which most sentinels must tell of nothing newer than what is behind us: then they were set up anew."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`epoch`: of the configuration that the sentinel knows. The highest is the newest."""

    epoch: int
    master: Address


class Newest:
    """The newest answer that anybody in this process has had: a sentinel that is cut off together with an old master
    names that one for ever, also when it is the only one that answers. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards both fields
        self._known: Answer | None = None
        self._doubted: float | None = None  # since when most told of older ones only

    def of(self, answers: Sequence[Answer], sentinels: int, now: float) -> Answer:
        """The newest of `answers` (one at least, of so many `sentinels`) and of all that were told before."""
        told = max(answers, key=lambda answer: answer.epoch)
        with self._lock:
            if self._known is None or told.epoch >= self._known.epoch or self._outlived(answers, sentinels, now):
                self._known, self._doubted = told, None
            return self._known

    def _outlived(self, answers: Sequence[Answer], sentinels: int, now: float) -> bool:
        if 2 * len(answers) <= sentinels:
            self._doubted = None
            return False
        if self._doubted is None:
            self._doubted = now
        return now - self._doubted >= FORGOTTEN
