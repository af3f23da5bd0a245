"""What the publisher's thread has just done for sessions, and the node's own list may not show yet.

A connection's thread learns of its claim, join or quit a moment after the publisher does. A recovery in that
moment would re-claim by an outdated list: bring back who has quit, fence who has just resumed.

Who meets here: the publisher's thread notes and asks, the subscriber's thread notes who was taken elsewhere.
The lock guards `_notes`. What fills: a note for each session that did something in the last minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from cluster.types import Name, SessionRecord

KEPT = 60.0  # seconds; far more than a connection's thread may take to note an answer


@dataclass(slots=True)
class _Note:
    at: float
    claim: str
    record: SessionRecord | None = None
    rooms: dict[str, bool] = field(default_factory=dict)
    ended: bool = False
    name: Name | None = None  # the one that it has been given, and when
    taken: int = 0
    gone: tuple[str | None] | None = None  # whether the user has gone since; None: not known

    def applied(self, record: SessionRecord) -> SessionRecord:
        rooms = [room for room in record.rooms if self.rooms.get(room, True)]
        rooms += [room for room, member in self.rooms.items() if member and room not in rooms]
        taken = record.taken or (self.record.taken if self.record else 0)
        name = self.name or record.name
        gone = self.gone[0] if self.gone else record.gone
        return replace(record, rooms=tuple(rooms), taken=max(taken, self.taken), name=name, gone=gone)


class Fresh:
    """Keyed by session and claim: what is noted for another claim says nothing."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._notes: dict[str, _Note] = {}

    def claimed(self, record: SessionRecord) -> None:
        with self._lock:
            self._notes.pop(record.session, None)
            self._note(record.session, record.claim).record = record

    def member(self, session: str, claim: str, room: str, is_member: bool) -> None:
        with self._lock:
            self._note(session, claim).rooms[room] = is_member

    def renamed(self, session: str, claim: str, name: Name, taken: int) -> None:
        with self._lock:
            note = self._note(session, claim)
            note.name, note.taken = name, taken

    def gone(self, session: str, claim: str, text: str | None) -> None:
        with self._lock:
            self._note(session, claim).gone = (text,)

    def ended(self, session: str, claim: str) -> None:
        with self._lock:
            note = self._note(session, claim)
            note.record, note.ended = None, True

    def away(self, session: str, claim: str) -> None:
        """The connection that claimed it is gone; if the node has not listed it, nobody will."""
        with self._lock:
            note = self._notes.get(session)
            if note is not None and note.claim == claim:
                note.record = None

    def taken(self, session: str, claim: str, time: int) -> bool:
        """A notice that `claim` has taken the session at Redis time `time`, µs. False: it is outdated,
        since the session has come back to us after that."""
        with self._lock:
            note = self._notes.get(session)
            if note is None or note.claim == claim:
                return True
            if note.record is not None and note.record.taken > time:
                return False
            if not note.ended:
                del self._notes[session]
            return True

    def clear(self) -> None:
        """Our lease was lost: nothing of it is ours."""
        with self._lock:
            self._notes.clear()

    def joined_with(self, listed: Sequence[SessionRecord]) -> list[SessionRecord]:
        """`listed` as it will be when all connection threads have caught up."""
        with self._lock:
            self._expire(len(self._notes))
            notes = dict(self._notes)
        found = [self._present(record, notes.pop(record.session, None)) for record in listed]
        found += [note.applied(note.record) for note in notes.values() if note.record]
        return [record for record in found if record is not None]

    def _present(self, record: SessionRecord, note: _Note | None) -> SessionRecord | None:
        if note is None:
            return record
        if note.ended:
            return None
        if note.claim == record.claim:
            return note.applied(record)
        return note.applied(note.record) if note.record else record

    def _note(self, session: str, claim: str) -> _Note:
        """The note to write on, as the newest. Needs the lock."""
        self._expire(8)
        note = self._notes.pop(session, None)
        if note is None or note.claim != claim:
            note = _Note(self._now(), claim)
        note.at = self._now()
        self._notes[session] = note
        return note

    def _expire(self, at_most: int) -> None:
        """Needs the lock."""
        before = self._now() - KEPT
        for session, note in list(islice(self._notes.items(), at_most)):
            if note.at < before:
                del self._notes[session]
