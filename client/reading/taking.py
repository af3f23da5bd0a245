"""The ground of reading: where we stand in each log, and what of it is missing."""

from __future__ import annotations

from collections import deque

from client.catchup import CatchUp
from client.errors import ChatError
from client.events import (
    Event,
    GapEvent,
)
from client.inbound import Verdict
from client.stay import Stay
from wire.frames import (
    INBOX,
    Cursor,
    Gap,
    Recovered,
)

TOLD_KEPT = 64


class Hole(ChatError):
    """An entry came though the one before it had not: resume from the cursor."""


class Taking:
    """Pure. One thread at a time."""

    def __init__(self, stay: Stay) -> None:
        self._stay = stay
        self.catch_up: CatchUp | None = None
        self._told: deque[tuple[str, str, int]] = deque(maxlen=TOLD_KEPT)  # places of entries, told by an answer

    def gap(self, frame: Gap, now: float) -> list[Event]:
        """Told only where it concerns us: what is missing lies beyond what we saw of that epoch."""
        track = self._stay.inbound.track(frame.log)
        reached = track.reached(frame.former) if track else None
        concerns = frame.last == 0 or reached is None or frame.last > reached
        events: list[Event] = []
        if frame.offset > 0:
            fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
            # Of an epoch that we never saw: it came and went between two that we did see, or before our time.
            concerns = concerns and fresh and (reached is not None or (track is not None and bool(track.former)))
            # It was told before, or before our time.
            concerns = concerns and not self._stay.inbound.has_had(frame.log, frame.was)
        else:
            self._stay.inbound.skip(frame.log, frame.former, frame.last)
        first = frame.first if reached is None else max(frame.first, reached + 1)
        # What has no end is in no log, so whoever comes back is told of it again.
        again = frame.last == 0 and track is not None and (frame.former, first, 0) in track.gaps
        if concerns and not again:
            events += self._missing(frame, first)
        return events

    def _missing(self, frame: Gap, first: int) -> list[Event]:
        """What of a gap beyond `first` has not come back to us before: data may have been lost once more since."""
        track, last = self._stay.inbound.track(frame.log), frame.last
        if last and track is not None:
            lacking = track.lacks(frame.former, first, last)
            if lacking is None:
                return []
            first, last = lacking
        return [self._gap(frame.log, frame.former, first, last)]

    def recovered(self, frame: Recovered, now: float) -> list[Event]:
        self._stay.kept.recovered(now)
        return []

    def lost_with_session(self, log: str, epoch: str, top: int) -> list[Event]:
        """A new session begins at `top` of `log`: what of it passed us by since the old one."""
        former = self._stay.former_cursors.pop(log, None)
        if former is None:
            return []
        if log != INBOX and former[0] == epoch:
            # `top` itself is our own joining.
            return [self._gap(log, epoch, former[1] + 1, top - 1)] if top - 1 > former[1] else []
        return [self.lost(log, former)]

    def lost(self, log: str, cursor: Cursor) -> Event:
        """Nobody knows what came after `cursor`."""
        return self._gap(log, cursor[0], cursor[1] + 1, 0)

    def _take(self, log: str, epoch: str, offset: int, now: float) -> tuple[bool, list[Event]]:
        verdict, complete = self._stay.inbound.take(log, epoch, offset, now)
        if verdict is Verdict.HOLE:
            raise Hole(f"{log} jumped from {complete} to {offset}")
        if verdict is Verdict.SKIP:
            return True, [self._gap(log, epoch, complete + 1, offset - 1)]
        return verdict is Verdict.NEW, []

    def _gap(self, log: str, former: str, first: int, last: int) -> Event:
        self._stay.inbound.missed(log, former, first, last)
        if self.catch_up is not None:
            self.catch_up.gap()
        return GapEvent(None if log == INBOX else log, first - 1, first, last, former)
