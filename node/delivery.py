"""One connection's place in one log (R7), and how it catches up when it is behind.

While a delivery is live it has no place of its own: the feed's is its. Behind, it reads pages of its
own from Redis, as fast as its client takes them, until it meets the feed. Who may write `epoch`,
`next` and `former`: the feed under its lock while the delivery is live or waits, the one worker that
has the delivery in hand while it is behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Stopped
from cluster.types import Entry, Kind, Page, Position
from node.letters import gap_letter, letter, lost_letter
from node.outbox import Outbox
from wire import Dialect

if TYPE_CHECKING:
    from node.feed import Feed

PAGE, LEAST_PAGE = 200, 10
RETRY = 0.3
"""Seconds until a failed read is tried again."""


class Delivery:
    """Made by a connection, given to `Feed.attach`."""

    __slots__ = ("dialect", "done", "epoch", "feed", "former", "gone", "limit", "next", "outbox", "until")

    def __init__(self, feed: Feed, outbox: Outbox, dialect: Dialect, cursor: Position) -> None:
        self.feed = feed
        self.outbox = outbox
        self.dialect = dialect
        self.epoch = cursor.epoch
        self.next = cursor.offset + 1
        self.former: Position | None = None  # its cursor in the epoch before this one
        self.gone = False
        self.limit = PAGE
        # Where it ends, once that is known (leave, quit), and who is told then.
        self.until: Position | None = None
        self.done: Callable[[bool], None] | None = None

    def step(self) -> float | None:
        """Reads one page and offers it. A worker's."""
        if self.outbox.finishing or not self.feed.must_read(self) or not self.outbox.low(self._resume):
            return None
        cursor = Position(self.epoch, self.next - 1)
        try:
            page = self.feed.read(cursor, self.limit)
        except Stopped:
            return None
        except ClusterError:
            return RETRY
        self._turn_to(page, cursor)
        self._pass_page(page)
        return self.feed.settle(self, page.position)

    def offer(self, entry: Entry) -> None:
        """Offers one entry for this client alone."""
        gap = entry.kind == Kind.GAP
        data = gap_letter(entry, self.former, self.dialect) if gap else letter(entry, self.dialect)
        if data:
            self.outbox.offer(data)

    def turn(self, cursor: Position, page: Page) -> None:
        """Tells the client what `page` could not bring after `cursor`, and remembers where it was."""
        if page.position.epoch != cursor.epoch:
            self.former = cursor
        lost = lost_letter(self.feed.log, cursor, page, self.dialect)
        if lost:
            self.outbox.offer(lost)

    def end(self) -> None:
        """`until` was reached."""
        until, done = self.until, self.done
        if done is not None and until is not None:
            done(self.epoch == until.epoch and self.next > until.offset + 1)

    def _turn_to(self, page: Page, cursor: Position) -> None:
        self.turn(cursor, page)
        if page.position.epoch != self.epoch:
            self.epoch, self.next = page.position.epoch, 0

    def _pass_page(self, page: Page) -> None:
        """As much of it as the client takes now; long messages make a page too much for an outbox."""
        count = 0
        for entry in page.entries:
            if self.outbox.size >= self.outbox.low_water:
                break
            self._pass(entry)
            count += 1
        self.next = max(self.next, page.start)
        self.limit = min(PAGE, max(LEAST_PAGE, count * 2))

    def _pass(self, entry: Entry) -> None:
        until = self.until
        past = until is not None and until.epoch == entry.epoch and entry.offset > until.offset
        if entry.offset >= self.next and not past:
            self.offer(entry)
            self.next = entry.offset + 1

    def _resume(self) -> None:
        self.feed.workers.schedule(self)
