"""Which messages were shown: a bounded memory of identities."""

from __future__ import annotations

from collections import OrderedDict

BLOCK = 64


class Seen:
    """Identities (session, n), as blocks of 64 numbers of one session, a bit for each. At most `limit` blocks are
    remembered; the one in which nothing was asked for longest goes first, so that what was shown last is known, whoever
    said it. One thread at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._blocks: OrderedDict[tuple[str, int], int] = OrderedDict()

    def first_time(self, session: str, n: int) -> bool:
        """Whether this message was not asked for before; it is remembered from now on."""
        block, place = divmod(n, BLOCK)
        key = (session, block)
        known, mask = self._blocks.get(key, 0), 1 << place
        self._blocks[key] = known | mask
        self._blocks.move_to_end(key)
        if len(self._blocks) > self._limit:
            self._blocks.popitem(last=False)
        return not known & mask
