"""The feeds of this node: one for each log with a local member.

A room's feed stays for a while after its last member, so that one who comes back at once finds it
in place; its inbox likewise.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from cluster.types import Entry, Position, Presence
from node.feed import Feed
from node.letters import hint_frame
from node.metrics import Metrics
from node.recall import Reader
from node.recent import Spare
from node.trace import Trace
from node.workers import Workers
from wire.frames import ServerFrame

LINGER = 30.0
"""Seconds that a feed stays without a member (R6)."""


class Wants(Protocol):
    """What of the cluster decides which rooms are heard. Neither method blocks."""

    def want(self, room: str) -> None: ...
    def unwant(self, room: str) -> None: ...


class _Held:
    __slots__ = ("feed", "holders", "idle_since")

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.holders = 0
        self.idle_since = 0.0


class Rooms:
    """Any thread; nothing blocks."""

    def __init__(
        self, reader: Reader, wants: Wants, workers: Workers, metrics: Metrics, trace: Trace | None = None
    ) -> None:
        spare = Spare()
        self._make: Callable[[str], Feed] = lambda log: Feed(log, reader, workers, metrics, spare, trace)
        self.workers = workers
        self._wants = wants
        self._metrics = metrics
        # Guards the dict and its rows, and makes wanting and unwanting happen in the same order.
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        # Got something in this one, in that order: who says something and then writes to someone is read in that order.
        self._burst: dict[Feed, None] = {}  # the subscriber's alone, and how many entries it heard in this one
        self._heard = 0
        self._lags: dict[str, int] = {}  # logs that were behind when their tops were last told -> entries

    def hold(self, log: str) -> Feed:
        """The feed of `log`, to be released once. Call it before the script that makes a member, so
        that nothing published in between is missed."""
        with self._lock:
            held = self._held.get(log)
            if held is None:
                held = self._held[log] = _Held(self._make(log))
                if log.startswith("#"):
                    self._wants.want(log)
            held.holders += 1
            return held.feed

    def is_held(self, log: str) -> bool:
        return log in self._held

    def crowd(self, log: str) -> int:
        """How many are in that log here."""
        held = self._held.get(log)  # atomic, as in `receive`
        return held.holders if held is not None else 0

    def release(self, log: str) -> None:
        with self._lock:
            held = self._held[log]
            held.holders -= 1
            held.idle_since = time.monotonic()
            if not held.holders and held.feed.place() is None:
                self._drop(log)  # nobody became a member

    def sweep(self, now: float) -> None:
        """Drops the feeds that nobody has held for `LINGER` seconds."""
        with self._lock:
            for log in [log for log, held in self._held.items() if _is_over(held, now)]:
                self._drop(log)

    def logs(self) -> list[str]:
        with self._lock:
            return [log for log, held in self._held.items() if held.holders]

    def enter(self, epoch: str) -> None:
        """See `Feed.enter`."""
        for feed in self._feeds():
            feed.enter(epoch)

    def remembered(self) -> dict[str, list[Entry]]:
        """The latest entries of each log that was offered here, also of those that nobody is in any more."""
        return {feed.log: feed.remembered() for feed in self._feeds()}

    def shown(self, log: str, entries: Sequence[Entry]) -> None:
        """They are shown to a plain client as history."""
        held = self._held.get(log)
        if held is not None:
            held.feed.told.show(entries)

    def place(self, log: str) -> Position | None:
        """Up to where the log has been offered here."""
        held = self._held.get(log)  # atomic, as in `receive`
        return held.feed.place() if held else None

    def whole(self, log: str) -> Position | None:
        """See `Feed.whole`."""
        held = self._held.get(log)
        return held.feed.whole() if held else None

    def _drop(self, log: str) -> None:  # the lock is held
        self._held.pop(log).feed.forget()
        self._lags.pop(log, None)
        if log.startswith("#"):
            self._wants.unwant(log)

    # -- what the cluster tells -----------------------------------------------------------

    def receive(self, entry: Entry) -> None:
        self._heard += 1
        # A read of one key of a dict is atomic; the subscriber shall not wait for the lock.
        held = self._held.get(entry.log)
        if held is not None:
            held.feed.receive(entry)
            self._burst[held.feed] = None

    def flush(self) -> None:
        """A burst is over. The subscriber's, as `receive`."""
        self._metrics.entries.inc(self._heard)
        self._heard = 0
        for feed in self._burst:
            feed.flush()
        self._burst.clear()
        self._metrics.delay.burst(self.place)

    def hint(self, hint: Presence) -> None:
        """Something about a member that is in no log."""
        self.tell(hint.room, hint_frame(hint))

    def forget_past(self, room: str) -> None:
        """What was said there until now is for nobody any more."""
        held = self._held.get(room)
        if held is not None:
            held.feed.forget_past()

    def tell(self, room: str, frame: ServerFrame) -> None:
        """To the native clients who are in that room."""
        held = self._held.get(room)
        if held is not None:
            held.feed.hint(frame)

    def subscribed(self, room: str | None) -> None:
        """`room`, or all inboxes, are heard from now on."""
        for feed in self._feeds((room,)) if room else self._feeds():
            if room or feed.log.startswith("@"):
                feed.missing()

    def tops(self, tops: Mapping[str, Position]) -> None:
        for feed in self._feeds(tops):
            lag = feed.heard(tops[feed.log])
            if lag:
                self._lags[feed.log] = lag
            else:
                self._lags.pop(feed.log, None)

    @property
    def lag(self) -> int:
        """By how many entries the log that is furthest behind was so, when its top was last told."""
        # One may have been dropped while its top was being told.
        return max((lag for log, lag in list(self._lags.items()) if log in self._held), default=0)

    def recovered(self) -> None:
        for feed in self._feeds():
            feed.missing()

    def _feeds(self, logs: Iterable[str] | None = None) -> list[Feed]:
        """Those of `logs` that are held, or all. There may be ten thousand, and each join asks for one."""
        with self._lock:
            found = self._held.values() if logs is None else [self._held[log] for log in logs if log in self._held]
            return [held.feed for held in found]


def _is_over(held: _Held, now: float) -> bool:
    return not held.holders and now - held.idle_since >= LINGER
