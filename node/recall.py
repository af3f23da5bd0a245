"""What a feed remembers, by its places in a new epoch.

When Redis has lost entries their places change (R5). A feed that turned with an empty memory could not help to make
good a second loss, one that leads back to before the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cluster.types import Entry, Page, Position
from node.delivery import PAGE


class Reader(Protocol):
    """`ClusterSeam.read`."""

    def __call__(self, log: str, after: Position, limit: int) -> Page: ...


def recall(
    read: Callable[[Position, int], Page], kept: Sequence[Entry], page: Page, cursor: Position
) -> list[Entry] | None:
    """Reads the entries `kept`, of the epoch of `cursor`, anew, as far as they come before `page`, the first of another
    epoch; nothing if it is of the same. None: the epoch has changed again. Blocks. Raises ClusterError."""
    if page.position.epoch == cursor.epoch or not kept:
        return []
    recalled: list[Entry] = []
    after = Position(cursor.epoch, kept[0].offset - 1)
    while True:
        older = read(after, PAGE)
        if older.position.epoch != page.position.epoch:
            return None
        recalled += [entry for entry in older.entries if entry.offset < page.start]
        if not older.entries or older.entries[-1].offset + 1 >= page.start:
            break
        after = Position(older.position.epoch, older.entries[-1].offset)
    # Without holes up to where the feed goes on, or not at all.
    return recalled if recalled and recalled[-1].offset + 1 == page.start else []
