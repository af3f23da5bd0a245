"""A session that was lost and can't be begun anew yet: something has its nickname, or knows no password of it."""

from __future__ import annotations

from client.errors import Refused
from wire.codes import Code
from wire.frames import Error

PASSING = frozenset({Code.NICK_TAKEN, Code.LOOKS_ALIKE, Code.NOT_ADMITTED})
"""What a cluster that has lost data may say of one who was there, until it has found together again."""


class Renewal:
    """How long that is borne with: `patience` seconds from the first such answer. Each try costs a look at a password
    or a place in a line, so they come with the back-off of all others. Pure."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: float | None = None

    def bears(self, frame: Error, now: float) -> bool:
        """Whether to try on after this answer to the hello of one who had a session."""
        if frame.code not in PASSING:
            return False
        self._since = now if self._since is None else self._since
        return now < self._since + self._patience

    def end(self) -> None:
        """There is a session again."""
        self._since = None

    def verdict(self, frame: Error, now: float) -> Refused:
        """Why it ends, for people."""
        tried = f" and could not be begun anew for {now - self._since:.0f} s" if self._since is not None else ""
        return Refused(frame.code, f"the session was lost{tried}: {frame.text}", frame.suggestion)
