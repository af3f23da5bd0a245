"""What limits refuse: counted all, logged now and then."""

from __future__ import annotations

import threading
import time

from prometheus_client import Counter

from node.logs import Log

EVERY = 5.0
"""Seconds between two lines about one limit: a flood must neither fill a disk nor hold up who writes."""


class _Tally:
    __slots__ = ("count", "peer", "told")

    def __init__(self) -> None:
        self.count = 0  # refused since the last line
        self.peer = ""
        self.told = -EVERY  # when, monotonic


class Limited:
    """Any thread. `counter`: by the name of the limit."""

    def __init__(self, counter: Counter, log: Log) -> None:
        self._counter = counter
        self._log = log
        self._lock = threading.Lock()  # guards the tallies; not held while a line is written
        self._tallies: dict[str, _Tally] = {}
        self._counters: dict[str, Counter] = {}  # the counter's own, which takes a lock to find each

    def hit(self, limit: str, peer: str = "", count: int = 1) -> None:
        """`limit`, a field of `Limits`, has refused or ended something of `peer`, `count` times."""
        counter = self._counters.get(limit)
        if counter is None:
            counter = self._counters[limit] = self._counter.labels(limit)
        counter.inc(count)
        with self._lock:
            tally = self._tallies.setdefault(limit, _Tally())
            tally.count += count
            tally.peer = peer
        self._tell(limit, tally, time.monotonic())

    def say(self, event: str, **words: str) -> None:
        """A line about what strangers may do as often as they like: in 5 s the first is info, the others debug."""
        with self._lock:
            tally, now = self._tallies.setdefault(event, _Tally()), time.monotonic()
            due = now - tally.told >= EVERY
            tally.told = now if due else tally.told
        (self._log.info if due else self._log.debug)(event, **words)

    def tick(self, now: float) -> None:
        """Tells what was not told yet, where it is time. The ticker's; `now`: monotonic."""
        for limit, tally in list(self._tallies.items()):
            self._tell(limit, tally, now)

    def _tell(self, limit: str, tally: _Tally, now: float) -> None:
        with self._lock:
            if not tally.count or now - tally.told < EVERY:
                return
            count, tally.count, tally.told = tally.count, 0, now
        self._log.warning("limited", limit=limit, count=count, peer=tally.peer)
