"""What was received: a cursor for each log, order, de-duplication, acknowledgements.

Theory. A log's entries come with offsets 1, 2, 3 … in an epoch, over one connection in order.
In the epoch of the cursor: at or below it is a repeat, one above is next, more is a hole, that
is healed by resuming from the cursor (once; then it is told as a gap). Another epoch continues
the log under new numbers, unless it is one that we were in before: then what lies below the
place we left it at is a repeat. Messages that were said again under a new epoch are recognised
by their identity.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar

from client.seen import Seen
from wire.frames import INBOX, Ack, Cursor, Cursors

FORMER_KEPT = 64
GAPS_KEPT = 64
BACK_KEPT = 4096
LOGS_KEPT = 256


class Verdict(Enum):
    """What to do with an entry."""

    NEW = "new"
    REPEAT = "repeat"
    HOLE = "hole"  # something is missing before it: resume
    SKIP = "skip"  # as NEW, but what is missing before it is lost


class Track:
    """Where one log stands with us."""

    __slots__ = ("back", "epoch", "former", "gaps", "hole_at", "loose", "offset")

    def __init__(self, epoch: str, offset: int) -> None:
        self.epoch = epoch
        self.offset = offset
        self.former: dict[str, int] = {}
        self.loose = False  # a gap of unknown length was told: any higher offset is next
        self.hole_at: Cursor | None = None
        self.gaps: deque[tuple[str, int, int]] = deque(maxlen=GAPS_KEPT)  # epoch, first, last (0: open)
        self.back: deque[Cursor] = deque(maxlen=BACK_KEPT)  # former places of what came back, or was said again

    @property
    def cursor(self) -> Cursor:
        return (self.epoch, self.offset)

    def reached(self, epoch: str) -> int | None:
        """How far we came in `epoch`; None: we never were in it."""
        return self.offset if epoch == self.epoch else self.former.get(epoch)

    def has_had(self, epoch: str, offset: int) -> bool:
        """Whether the entry of that place came: all up to where we came did, but for what a gap was told of."""
        reached = self.reached(epoch)
        if reached is None or offset > reached:
            return False
        return not any(epoch == one and first <= offset <= (last or offset) for one, first, last in self.gaps)

    def lacks(self, epoch: str, first: int, last: int) -> tuple[int, int] | None:
        """What of a gap is missing: the first and the last place of which nothing came; None: all did, be it late."""
        had = {offset for name, offset in self.back if name == epoch and first <= offset <= last}
        while first <= last and first in had:
            first += 1
        while first <= last and last in had:
            last -= 1
        return (first, last) if first <= last else None

    def inherit(self, old: Track) -> None:
        """It is the same log, followed by an earlier session: what that one had is known."""
        self.former = {**old.former, old.epoch: old.offset}
        self.former.pop(self.epoch, None)
        self.gaps.extend(old.gaps)
        self.back.extend(old.back)

    def move(self, epoch: str, offset: int) -> None:
        if epoch != self.epoch:
            self.former[self.epoch] = self.offset
            for old in list(self.former)[:-FORMER_KEPT]:
                del self.former[old]
            self.former.pop(epoch, None)
            self.epoch = epoch
        self.offset = offset
        self.loose = False
        self.hole_at = None

    def judge(self, epoch: str, offset: int) -> Verdict:
        """Changes nothing but the note of a hole."""
        reached = self.reached(epoch)
        if reached is not None and offset <= reached:
            return Verdict.REPEAT
        if epoch != self.epoch or offset == self.offset + 1 or self.loose:
            return Verdict.NEW
        if self.hole_at == self.cursor:
            return Verdict.SKIP
        self.hole_at = self.cursor
        return Verdict.HOLE


class Inbound:
    """Pure: takes the time as an argument. One thread at a time."""

    def __init__(self, *, remembered: int, ack_every: int, ack_after: float) -> None:
        self._remembered = remembered
        self._ack_every = ack_every
        self._ack_after = ack_after
        self._tracks: dict[str, Track] = {}
        self._past: dict[str, Track] = {}  # rooms of the session before this one, until we are in them again
        self._strays: dict[str, Cursor] = {}  # entries of rooms that we are not known to be in
        self._unopened: set[str] = set()  # rooms of which a welcome told, whose `joined` was not read yet
        self._seen: dict[str, Seen] = {}
        self._unacked = 0  # entries of the inbox; rooms need no acknowledgement
        self._since = 0.0

    @property
    def cursors(self) -> Cursors:
        """What was received last, by log."""
        return {log: track.cursor for log, track in self._tracks.items()}

    @property
    def resume_from(self) -> Cursors:
        """For `hello`. A room that was not opened yet is not in it: so the node shows it again, and what was said in it
        before we came is not missed."""
        return {log: cursor for log, cursor in self.cursors.items() if log not in self._unopened}

    @property
    def rooms(self) -> list[str]:
        """The rooms that this session is in."""
        return [log for log in self._tracks if log != INBOX]

    def track(self, log: str) -> Track | None:
        return self._tracks.get(log)

    def begin(self, logs: Mapping[str, Cursor]) -> Cursors:
        """A new session starts at the tops `logs`. Returns the cursors of the old one."""
        old = self.cursors
        self._past = {**self._past, **self._tracks}
        self._past.pop(INBOX, None)  # the new session has another one
        self._tracks = {}
        self._unopened = set(logs) - {INBOX}
        for log, cursor in logs.items():
            self._begin(log, Track(*cursor))
        self._unacked = 0
        return old

    def resume(self, logs: Mapping[str, Cursor]) -> list[str]:
        """Our cursors stay; unknown logs are added. Returns rooms that we are not in any more."""
        gone = [log for log in self.rooms if log not in logs]
        for log in gone:
            self.leave(log)
        for log, cursor in logs.items():
            if log not in self._tracks:
                self._unopened |= {log} - {INBOX}
                self._tracks[log] = Track(*cursor)
        # What the node before this one was told may not have got further, and a receipt hangs on it.
        inbox = self._tracks.get(INBOX)
        self._unacked, self._since = int(inbox is not None and inbox.offset > 0), 0.0
        return gone

    def enter(self, log: str, epoch: str, offset: int) -> None:
        """We joined: the log is owed to us from there on. No effect in a log that is known."""
        stray = self._strays.pop(log, (epoch, 0))
        start = max(offset, stray[1]) if stray[0] == epoch else offset
        if log not in self._tracks:
            self._begin(log, Track(epoch, start))

    def _begin(self, log: str, track: Track) -> None:
        before = self._past.pop(log, None)
        if before is not None:
            track.inherit(before)
        self._tracks[log] = track

    def opened(self, log: str) -> None:
        """Who is in the room was told us, and what was said last."""
        self._unopened.discard(log)

    def leave(self, log: str) -> None:
        """We left: nothing of it is owed any more."""
        self.opened(log)
        self._tracks.pop(log, None)
        self._past.pop(log, None)
        if log == INBOX:
            self._unacked = 0

    def take(self, log: str, epoch: str, offset: int, now: float) -> tuple[Verdict, int]:
        """Judges an entry; the cursor moves unless it is a repeat or a hole.

        The number is the offset after which something is missing (with SKIP)."""
        track = self._tracks.get(log)
        if track is None:
            _remember(self._strays, log, (epoch, offset))
            return Verdict.NEW, 0
        verdict, complete = track.judge(epoch, offset), track.offset
        if verdict in (Verdict.NEW, Verdict.SKIP):
            track.move(epoch, offset)
            self.opened(log)
            if log == INBOX:
                self._note(now)
        return verdict, complete

    def skip(self, log: str, former: str, last: int) -> None:
        """We were told that entries up to `last` (0: not known) of `former` are gone."""
        track = self._tracks.get(log)
        if track is None or track.epoch != former:
            return
        if last == 0:
            track.loose = True
        elif last > track.offset:
            track.move(former, last)

    def missed(self, log: str, epoch: str, first: int, last: int) -> None:
        """A gap was told: what is in it did not come, wherever the cursor is (`last` 0: nobody knows)."""
        track = self._tracks.get(log)
        if track is not None:
            track.gaps.append((epoch, first, last))

    def came_back(self, log: str, places: Iterable[Cursor]) -> None:
        """Something came that had stood at `places` in former epochs: a later gap that names them is no news."""
        track = self._tracks.get(log)
        if track is not None:
            track.back.extend(place for place in places if (track.reached(place[0]) or 0) < place[1])

    def has_had(self, log: str, places: Iterable[Cursor]) -> bool:
        """Whether a message that stood at `places` in former epochs came at one of them."""
        track = self._tracks.get(log)
        return track is not None and any(track.has_had(*place) for place in places)

    def first_time(self, log: str, session: str, n: int) -> bool:
        """Whether the message was not shown before, as far as identities are remembered."""
        seen = self._seen.get(log)
        if seen is None:
            seen = Seen(self._remembered)
            _remember(self._seen, log, seen)
        return seen.first_time(session, n)

    def ack(self, now: float, *, force: bool = False) -> Ack | None:
        """The acknowledgement that is due now, if one is."""
        deadline = self.deadline()
        if deadline is None or not (force or now >= deadline or self._unacked >= self._ack_every):
            return None
        self._unacked = 0
        return Ack(cursors={INBOX: self._tracks[INBOX].cursor})

    def deadline(self) -> float | None:
        """When the next acknowledgement is due at the latest."""
        return self._since + self._ack_after if self._unacked else None

    def _note(self, now: float) -> None:
        if not self._unacked:
            self._since = now
        self._unacked += 1


_Value = TypeVar("_Value")


def _remember(where: dict[str, _Value], log: str, value: _Value) -> None:
    where[log] = value
    while len(where) > LOGS_KEPT:
        del where[next(iter(where))]
