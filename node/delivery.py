"""One connection's place in one log (R7), and how it catches up when it is behind.

While a delivery is live it has no place of its own: the feed's is its. Behind, it reads pages of its
own from Redis, as fast as its client takes them, until it meets the feed. Who may write `epoch`,
`next` and `former`: the feed under its lock while the delivery is live or waits, the one worker that
has the delivery in hand while it is behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Stopped
from cluster.types import Entry, Kind, Page, Position
from node.letters import gap_letter, letter, lost_letter, parse_gap
from node.outbox import Outbox
from node.recent import Letters
from wire import Dialect

if TYPE_CHECKING:
    from node.feed import Feed

PAGE, LEAST_PAGE = 200, 10
EPOCHS_KEPT = 64
NEWEST = 1000
"""Entries of a room for one who was away for longer than its log reaches."""
RETRY = 0.3
"""Seconds until a failed read is tried again."""


class Delivery:
    """Made by a connection, given to `Feed.attach`."""

    __slots__ = (
        "astray", "dialect", "done", "epoch", "feed", "former", "gone", "leaves", "left", "limit", "most", "next",
        "outbox", "parted", "session", "until",
    )  # fmt: skip

    def __init__(self, feed: Feed, outbox: Outbox, dialect: Dialect, cursor: Position, session: str) -> None:
        self.feed = feed
        self.outbox = outbox
        self.dialect = dialect
        self.session = session
        self.epoch = cursor.epoch
        self.next = cursor.offset + 1
        # Up to there it may have been shown later ones already: nobody knew what its cursor meant.
        self.astray = 0
        self.former: dict[str, int] = {}  # epoch -> how far it had come in it; the last ones
        self.gone = False
        # Its own `left` entry was offered: nothing more is, unless the log goes on with its own `joined` one.
        self.left = False
        self.limit = PAGE
        self.most = 0  # so many entries may still be replayed; 0: all, or it is known that there are no more
        # Where it ends, once that is known (leave, quit), and who is told then.
        self.until: Position | None = None
        self.done: Callable[[bool], None] | None = None
        # It ends since its session has left the room, and not for the last of what it said itself (quit).
        self.leaves = False
        self.parted = False  # in another life of the log it ends with its own `left` entry, wherever that stands there

    def step(self) -> float | None:
        """Reads one page and offers it. A worker's."""
        if self.outbox.finishing or not self.feed.must_read(self) or not self.outbox.low(self._resume):
            return None
        try:
            return self.feed.settle(self, self._traced())
        except Stopped:
            return None
        except ClusterError:
            return RETRY

    def _traced(self) -> Position | None:
        """`_read_on`, and what it brought is told to the log. Raises ClusterError."""
        first, epoch = self.next, self.epoch
        top = self._read_on()
        if self.feed.trace is not None:
            self.feed.trace.caught_up(self, first if self.epoch == epoch else 1)
        return top

    def offer(self, entry: Entry) -> None:
        """Offers one entry for this client alone."""
        if self._has_had(entry):
            data = b""
        elif entry.kind == Kind.GAP:
            data = gap_letter(entry, self._seen(parse_gap(entry.text)[0]), self.dialect)
        else:
            data = letter(entry, self.dialect)
        if data:
            self.outbox.offer(data)
            if entry.kind == Kind.GAP:
                self.feed.gap_told()

    def take(self, letters: Letters) -> None:
        """Offers what comes next in the log."""
        entry = letters.entry
        left = entry.session == self.session and entry.kind == Kind.LEFT and not letters.is_brought_back
        self.left = left or (self.left and not (entry.session == self.session and entry.kind == Kind.JOINED))
        if left or not self.left:
            (letters.aged() if entry.offset <= self.astray else letters).offer(self)
        self.next = entry.offset + 1

    def turn(self, cursor: Position, page: Page) -> None:
        """Tells the client what `page` could not bring after `cursor`, and remembers where it was."""
        if page.position.epoch != cursor.epoch:
            self.former.pop(cursor.epoch, None)
            self.former[cursor.epoch] = cursor.offset
            self.astray = page.position.offset if page.is_astray else 0
            if len(self.former) > EPOCHS_KEPT:
                del self.former[next(iter(self.former))]
        lost = lost_letter(self.feed.log, cursor, page, self.dialect)
        if lost:
            self.outbox.offer(lost)
            self.feed.gap_told()

    def _seen(self, epoch: str) -> Position | None:
        offset = self.former.get(epoch)
        return None if offset is None else Position(epoch, offset)

    def _has_had(self, entry: Entry) -> bool:
        """Brought back or said again, and known to this client by one of its former places. A native one knows it by
        its identity, and its cursor has to move on."""
        return self.dialect is Dialect.PLAIN and any(
            place.offset <= self.former.get(place.epoch, 0) for place in (*entry.was, *self.feed.told.places(entry))
        )

    def end(self) -> None:
        """`until` was reached."""
        until, done = self.until, self.done
        if done is not None and until is not None:
            done(self.epoch == until.epoch and self.next > until.offset + 1)

    def _read_on(self) -> Position | None:
        """Offers what comes next; the log's top, if it was read for this client alone. Raises ClusterError."""
        shared = () if self.most else self.feed.shared(self)
        if shared:
            self._pass_shared(shared)
            return None
        cursor = Position(self.epoch, self.next - 1)
        page = self._within_most(self._newest(self.feed.read(cursor, self.limit)), cursor)
        page = self._before_parting(page, cursor)
        self._turn_to(page, cursor)
        if page.entries:
            self._pass_page(page)
        self.next = max(self.next, page.start)
        return page.position

    def _newest(self, page: Page) -> Page:
        """Who was away for longer than the log reaches is told of a gap anyway: it is made large enough that
        only the newest follow it, not all that is left."""
        start = page.position.offset - NEWEST + 1
        beyond_reach = page.lost_last and self.feed.log.startswith("#") and self.until is None
        if not beyond_reach or start <= page.start:
            return page
        return replace(page, start=start, entries=(), lost_last=start - 1)

    def _within_most(self, page: Page, cursor: Position) -> Page:
        """Who comes back from too far away is told of a gap, as if his log reached no further."""
        top = self.until or page.position
        start = top.offset - self.most + 1
        if not self.most or start <= page.start or top.epoch != page.position.epoch:
            self.most = 0
            return page
        if page.position.epoch != cursor.epoch:
            return page  # what is missing has its numbers in this epoch: the next read tells them
        self.most = 0
        self.feed.replay_bounded()
        return replace(
            page, start=start, entries=(), former="", lost_first=page.lost_first or page.start, lost_last=start - 1
        )

    def _pass_shared(self, shared: Sequence[Letters]) -> None:
        for letters in shared:
            if self.outbox.size >= self.outbox.low_water:
                break
            self._pass(letters)

    def _before_parting(self, page: Page, cursor: Position) -> Page:
        """Who has left is shown nothing of a life of the log in which nobody can say what was said before that."""
        elsewhere = self.leaves and self.until is not None and page.position.epoch != self.until.epoch
        if not elsewhere or any(self._is_leaving(entry) for entry in page.entries):
            return page
        self.parted = True
        return replace(page, entries=(), former=cursor.epoch, lost_first=cursor.offset + 1, lost_last=0)

    def _is_leaving(self, entry: Entry) -> bool:
        return entry.session == self.session and entry.kind == Kind.LEFT

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
            self._pass(Letters(entry))
            count += 1
        self.limit = min(PAGE, max(LEAST_PAGE, count * 2))

    def _pass(self, letters: Letters) -> None:
        entry, until = letters.entry, self.until
        past = self.parted or (until is not None and until.epoch == entry.epoch and entry.offset > until.offset)
        if entry.offset >= self.next and not past:
            if self.dialect is Dialect.PLAIN:
                letters.is_repeat |= self.feed.told.note(entry)
            self.take(letters)
            self.parted = until is not None and until.epoch != entry.epoch and self._is_leaving(entry)

    def _resume(self) -> None:
        self.feed.workers.schedule(self)
