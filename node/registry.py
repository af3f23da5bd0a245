"""The sessions that are claimed at this node, the absent ones included.

Connection threads, the subscriber, the publisher, the beat's and the upkeep's thread meet here. The lock is never
held while anything else is called.
"""

from __future__ import annotations

import threading
import time

from node.session import Session

NOTICES = 256
"""How many sessions are remembered that were taken or ended lately: of more, hellos can't be under way at once."""


class Registry:
    """Any thread; nothing blocks."""

    def __init__(self) -> None:
        # Guards both dicts. Session id -> the session under its present claim; the claim that is said to have it.
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._notices: dict[str, str] = {}

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
        """The cluster says that `claim` (empty: nobody) has it now. The one that is here under another claim."""
        with self._lock:
            self._notices.pop(session, None)
            self._notices[session] = claim
            if len(self._notices) > NOTICES:
                del self._notices[next(iter(self._notices))]
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
