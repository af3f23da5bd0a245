"""Hellos of ours that may be carried out yet."""

from __future__ import annotations

import math

from client.link import Link
from client.remedy import Remedy

MOST = 64


class LateHellos:
    """A node that slept may carry out a hello that was given up unanswered when it wakes: it then takes the session
    from us. So may one that leaves or has lost Redis, after it has sent its regrets. Remembered, so that it is told
    from a real rival. Pure. `ghost_time`: seconds."""

    def __init__(self, ghost_time: float) -> None:
        self._ghost_time = ghost_time
        self._resumes: list[float] = []  # until when each may be
        self._ghost_until: float | None = None

    def gave_up(self, link: Link, now: float) -> None:
        if link.greeted:
            self._resumes.append(now + self._ghost_time if link.refused else math.inf)
            del self._resumes[:-MOST]

    def ghost(self, now: float) -> None:
        """A session that we don't use any more may hold our nickname for a while."""
        self._ghost_until = now + self._ghost_time

    def explains(self, remedy: Remedy, now: float) -> bool:
        """Whether it may be our own doing. Each late resume explains one loss of the session."""
        self._resumes = [until for until in self._resumes if now < until]
        if remedy is Remedy.TAKEN and self._resumes:
            self._resumes.remove(min(self._resumes))
            return True
        return remedy is Remedy.NICK_TAKEN and self._ghost_until is not None and now < self._ghost_until
