"""Which session was last seen under a nickname: whom a direct message is meant for (R8)."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from wire.errors import BadName
from wire.names import nickname

LIMIT = 4096


class Holders:
    """Bounded. History does not count: who spoke long ago may be gone. One thread at a time."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, str] = OrderedDict()

    def saw(self, nick: str, session: str) -> None:
        mapped = _mapped(nick)
        if self._sessions.get(mapped) == session:
            return
        self._sessions.pop(mapped, None)
        self._sessions[mapped] = session
        if len(self._sessions) > LIMIT:
            self._sessions.popitem(last=False)

    def of(self, to: str) -> str | None:
        """The session meant by `@nick`; None: not known, or a room."""
        return self._sessions.get(_mapped(to[1:])) if to.startswith("@") else None

    def forget(self, to: str) -> None:
        """Who writes to `@nick` next takes whoever holds it then."""
        self._sessions.pop(_mapped(to[1:]), None)


@lru_cache(maxsize=1024)
def _mapped(nick: str) -> str:
    try:
        return nickname(nick).mapped
    except BadName:
        # A nickname under rules that this version does not know.
        return nick.casefold()
