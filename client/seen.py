"""Which messages were shown: a bounded memory of identities."""

from __future__ import annotations

from collections import OrderedDict


class Seen:
    """Remembers the last `limit` identities (session, n). One thread at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: OrderedDict[tuple[str, int], None] = OrderedDict()

    def first_time(self, session: str, n: int) -> bool:
        """Whether this message was not asked for before; it is remembered from now on."""
        identity = (session, n)
        if identity in self._known:
            return False
        self._known[identity] = None
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
        return True
