"""Hellos of ours that were given up unanswered, and may be carried out yet."""

from __future__ import annotations

from client.link import Link
from client.remedy import Remedy


class LateHellos:
    """A node that slept may carry such a hello out when it wakes: it then takes the session from
    us, or holds our nickname. Remembered, so that it is told from a real rival. Pure."""

    def __init__(self, ghost_time: float) -> None:
        self._ghost_time = ghost_time
        self._resumes = 0
        self._ghost_until: float | None = None

    def gave_up(self, link: Link, now: float, *, resuming: bool) -> None:
        if link.greeted and resuming:
            self._resumes += 1
        elif link.greeted:
            self.ghost(now)

    def ghost(self, now: float) -> None:
        """A session that we don't use any more may hold our nickname for a while."""
        self._ghost_until = now + self._ghost_time

    def explains(self, remedy: Remedy, now: float) -> bool:
        """Whether it may be our own doing. Each late resume explains one loss of the session."""
        if remedy is Remedy.TAKEN and self._resumes:
            self._resumes -= 1
            return True
        return remedy is Remedy.NICK_TAKEN and self._ghost_until is not None and now < self._ghost_until
