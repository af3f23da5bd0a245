"""The sessions that are claimed at this node, the absent ones included.

Connection threads, the subscriber, the publisher, the beat's and the upkeep's thread meet here. The lock is never
held while anything else is called.
"""

from __future__ import annotations

import threading
import time
from typing import TypeVar

from cluster import endings
from node.session import Session

T = TypeVar("T")
NOTICES = 256
"""How many sessions are remembered that were taken or ended lately: of more, hellos can't be under way at once."""
REMEMBERED = 1024
"""Sessions of which it is remembered how an operator ended them."""


class Registry:
    """Any thread; nothing blocks."""

    def __init__(self) -> None:
        # Guards the dicts. Session id -> the session under its present claim; the claim that is said to have it.
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._notices: dict[str, str] = {}
        # Session id -> how an operator ended it, and as the how manieth; the last ones.
        self._ended: dict[str, tuple[int, str]] = {}
        self._ends = 0

    def add(self, session: Session) -> Session | None:
        """Returns the one with this id whose connection must go, if there are two: of two claims the earlier one, be
        it `session`, which then was not added. Two answers may reach their threads the wrong way round."""
        with self._lock:
            former = self._sessions.get(session.id)
            if former is not None and former.order > session.order:
                return session
            self._sessions[session.id] = session
            return former

    def notice(self, session: str, claim: str) -> Session | None:
        """The cluster says that `claim` has it now. The one that is here under another claim."""
        with self._lock:
            _remember(self._notices, session, claim, NOTICES)
            ours = self._sessions.get(session)
            return None if ours is None or ours.claim == claim else ours

    def doubtful(self, session: Session) -> bool:
        """Whether such a notice may mean `session`, which was added just now: it came before."""
        with self._lock:
            return self._notices.get(session.id, session.claim) != session.claim

    def get(self, session: str) -> Session | None:
        with self._lock:
            return self._sessions.get(session)

    def remove(self, session: Session) -> bool:
        """Whether it was still there under the same claim."""
        with self._lock:
            if self._sessions.get(session.id) is not session:
                return False
            del self._sessions[session.id]
            return True

    def end(self, session: str, how: str) -> Session | None:
        """It has ended, `how` as in `cluster.endings`: removed and returned, if it is here. What an operator has ended
        is remembered for one that is on its way here: its claim was answered, and it is not listed yet."""
        with self._lock:
            _remember(self._notices, session, "", NOTICES)
            if endings.parsed(how).is_final:
                self._ends += 1
                _remember(self._ended, session, (self._ends, how), REMEMBERED)
            return self._sessions.pop(session, None)

    @property
    def ends(self) -> int:
        """How many were ended by an operator so far: for `how_ended`."""
        with self._lock:
            return self._ends

    def how_ended(self, session: Session, since: int) -> str | None:
        """How an operator has ended it, if he has since `ends` was `since`, which is when its claim was asked for: one
        with a token of its own may have come before, and been ended then. To be asked once it was added."""
        with self._lock:
            number, how = self._ended.get(session.id, (0, None))
            return how if number > since else None

    def set_away(self, session: Session) -> bool:
        """Its connection broke; it stays, to be claimed again if Redis loses it. Whether it was there."""
        with self._lock:
            if self._sessions.get(session.id) is not session:
                return False
            session.away_since = time.monotonic()
            return True

    def take_all(self) -> list[Session]:
        """Removes and returns all."""
        with self._lock:
            sessions, self._sessions = list(self._sessions.values()), {}
            return sessions

    def all(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def sweep(self, before: float) -> None:
        """Forgets those who have been away since before the monotonic time `before`."""
        with self._lock:
            for session in list(self._sessions.values()):
                if 0 < session.away_since < before:
                    del self._sessions[session.id]

    def __len__(self) -> int:
        return len(self._sessions)


def _remember(notes: dict[str, T], session: str, what: T, most: int) -> None:
    """As the latest one; the oldest goes."""
    notes.pop(session, None)
    notes[session] = what
    if len(notes) > most:
        del notes[next(iter(notes))]
