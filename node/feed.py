"""The local fan-out of one log (R6, R7): live entries from the subscriber, missing ones from Redis.

The feed has a place in its log: `next`, the offset that comes now. What comes in order is offered to
all live deliveries, which share the place. Anything else starts a catch-up, which reads on from the
place and offers in the same way, so live and caught-up entries can't be told apart or come twice.
Lock order: feed, then outbox; feed, then workers; feed, then told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from cluster.errors import ClusterError, Stopped
from cluster.types import Entry, Page, Position
from node.audience import Audience, TracedAudience
from node.delivery import PAGE, RETRY, Delivery
from node.letters import wire_log
from node.metrics import Metrics
from node.pages import Pages
from node.recall import Reader, recall
from node.recent import INBOX_LIMIT, LIMIT, Letters, Recent, Spare
from node.told import Told
from node.trace import Trace
from node.workers import Workers
from wire import Dialect
from wire.frames import ServerFrame


class Feed:
    """`log`: `#room` or `@<session>`. Methods: any thread; only `step` blocks, and is a worker's."""

    __slots__ = (
        "_ahead", "_astray", "_epoch", "_hears", "_live", "_lock", "_metrics", "_next", "_pages", "_reader", "_recent",
        "_stale", "_top", "_whole", "log", "name", "told", "trace", "workers",
    )  # fmt: skip

    def __init__(
        self,
        log: str,
        reader: Reader,
        workers: Workers,
        metrics: Metrics,
        spare: Spare | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.log = log
        self.name = wire_log(log)
        self.workers = workers
        self._reader = reader
        self._metrics = metrics
        # Guards all that follows.
        self._lock = threading.Lock()
        self._epoch = ""  # '': the place is not known yet
        # The epoch again, as long as what comes of it live is offered: not any more once what is remembered here was
        # brought into another life of the data. What is shown after that is in nobody's memory.
        self._hears = ""
        self._next = 0
        # The place in the last life of the log that was read to its end, while the present one is not yet: what is lost
        # of both stands between the two, and nobody else may know of it.
        self._whole: Position | None = None
        self._astray = 0  # as a delivery's
        self._top: Position | None = None  # of the last heartbeat
        self._stale = False  # something came before the place was known
        count = metrics.deliveries.inc
        self._live = TracedAudience(count, trace) if trace else Audience(count)
        self.trace = trace
        is_room = log.startswith("#")
        self._recent = Recent(LIMIT, spare) if is_room else Recent(INBOX_LIMIT)
        self._ahead: dict[Delivery, None] = {}  # they wait for the feed: it will come to their place
        self._pages = Pages(self.read) if is_room else None  # nobody shares an inbox
        self.told = Told()

    # -- entries come in ------------------------------------------------------------------

    def receive(self, entry: Entry) -> None:
        """A live entry; holes and repeats are allowed. Goes out with the next `flush`. The subscriber's."""
        with self._lock:
            if entry.epoch == self._hears and entry.offset <= self._next:
                if entry.offset == self._next:
                    self._advance(entry)
                return
        self.missing()

    def flush(self) -> None:
        """What came in one burst goes out together."""
        with self._lock:
            self._live.flush()

    def hint(self, frame: ServerFrame) -> None:
        """Something that is in no log, for the native clients who are here. The subscriber's."""
        with self._lock:
            self._live.tell(frame)

    def heard(self, top: Position) -> int:
        """The log's top is `top`, says a heartbeat. What is still on its way through the subscriber is not
        missing: only what had been there a heartbeat before already. Returns how many entries are not here yet."""
        with self._lock:
            self._recent.trim(time.monotonic())  # a room that has fallen silent
            before, self._top = self._top, top
            turned = top.epoch != self._epoch
            behind = before is not None and before.epoch == self._epoch and before.offset >= self._next
            lag = 0 if turned else max(0, top.offset - self._next + 1)
        if self._pages is not None:
            self._pages.age()
        if turned or behind:
            self.missing()
        return lag

    def missing(self) -> None:
        """Something may have been missed."""
        with self._lock:
            self._stale = not self._epoch
            known = bool(self._epoch)
        if known:
            self.workers.schedule(self)

    def step(self) -> float | None:
        """Reads one page after the feed's place and offers it."""
        with self._lock:
            cursor = Position(self._epoch, self._next - 1)
        try:
            page = self.read(cursor, PAGE)
            recalled = recall(self.read, self.remembered(), page, cursor)
        except Stopped:
            return None
        except ClusterError:
            return RETRY
        if recalled is None or not self._turn_to(page, cursor, recalled):
            return 0.0
        for entry in page.entries:
            # Taken for each anew, so that the subscriber is not kept waiting for a whole page.
            with self._lock:
                if entry.offset == self._next and entry.epoch == self._hears:
                    self._advance(entry, replay=True)
        return 0.0 if self._end_page(page) else None

    def read(self, after: Position, limit: int) -> Page:
        """Blocks. Raises ClusterError."""
        self._metrics.catch_ups.inc()
        return self._reader(self.log, after, limit)

    def gap_told(self) -> None:
        """A client was told that something may be missing."""
        self._metrics.gaps.inc()

    def replay_bounded(self) -> None:
        """… since more was owed to it than is replayed."""
        self._metrics.limited.labels("max_replay").inc()

    def shared(self, delivery: Delivery) -> Sequence[Letters]:
        """What comes next for the delivery, as others get it too; empty: it reads for itself. Blocks; ClusterError."""
        with self._lock:
            place = Position(delivery.epoch, delivery.next - 1)
            alone = place.epoch != self._epoch or place.offset + 1 >= self._next
        return () if alone or self._pages is None else self._pages.after(place)

    def enter(self, epoch: str) -> None:
        """What is remembered is brought into that life of the data: what is still on its way of another one comes too
        late to be offered here."""
        with self._lock:
            self._hears = self._epoch if self._epoch == epoch else ""

    def remembered(self) -> list[Entry]:
        """The latest entries that were offered here, of one epoch, oldest first."""
        with self._lock:
            return self._recent.entries()

    def forget(self) -> None:
        """The feed is not needed any more."""
        self.forget_past()

    def forget_past(self) -> None:
        """Nothing that was told is to be told again, or brought back: who asks for it reads the log."""
        with self._lock:
            self._recent.clear()
        if self._pages is not None:
            self._pages.forget()

    # -- deliveries come and go -----------------------------------------------------------

    def attach(self, delivery: Delivery, top: Position) -> None:
        """Begins to deliver after the delivery's cursor. `top`: where the log stands at least."""
        with self._lock:
            if not self._epoch:
                self._epoch, self._next = top.epoch, top.offset + 1
                self._hears = self._epoch
            if delivery.dialect is Dialect.PLAIN and not self.told.wanted:
                self.told.show(self._recent.entries())  # what it is brought from there has passed already
            stale, self._stale = self._stale, False
            if delivery.epoch == top.epoch:
                delivery.next = min(delivery.next, top.offset + 1)  # a cursor beyond the top is none
            # A cursor of another epoch is mapped by the delivery's own first read.
            behind = delivery.epoch != self._epoch or self._place(delivery)
        if stale:
            self.workers.schedule(self)
        if behind:
            self.workers.schedule(delivery)

    def detach(self, delivery: Delivery) -> None:
        """Nothing is offered to it any more when this returns, but for a page in a worker's hands."""
        with self._lock:
            self._remove(delivery)
            delivery.gone = True

    def finish(self, delivery: Delivery, until: Position, done: Callable[[bool], None]) -> None:
        """Delivers up to `until`, then detaches it and calls `done`, at once or on a worker, with True
        if it had come further already."""
        with self._lock:
            # If a worker has it in hand it is the worker who finds that `until` is reached.
            ours = delivery in self._live or delivery in self._ahead or delivery.left
            self._demote(delivery)
            delivery.until, delivery.done = until, done
            reached = ours and self._reached(delivery)
        if reached:
            delivery.end()
        else:
            self.workers.schedule(delivery)

    def must_read(self, delivery: Delivery) -> bool:
        """Whether the delivery has to read for itself; if the feed's memory reaches, it goes on from there."""
        with self._lock:
            if delivery.gone or delivery in self._live or delivery in self._ahead:
                return False
            return delivery.epoch != self._epoch or self._place(delivery)

    def settle(self, delivery: Delivery, top: Position | None) -> float | None:
        """A delivery has read a page of a log whose top was `top`, if known: where does it go on? (`Task.step`)"""
        with self._lock:
            if delivery.gone:
                return None
            reached = self._reached(delivery, top)
            behind = not reached and self._place(delivery)
            missing = delivery in self._ahead
        if reached:
            delivery.end()
        if missing:
            self.workers.schedule(self)
        return 0.0 if behind else None

    def place(self, delivery: Delivery | None = None) -> Position | None:
        """Up to where the feed, or one delivery, has offered; None: not known yet."""
        with self._lock:
            if delivery is not None and delivery not in self._live:
                return Position(delivery.epoch, delivery.next - 1)
            if delivery is not None:
                self._live.flush()
            return Position(self._epoch, self._next - 1) if self._epoch else None

    def whole(self) -> Position | None:
        """As `place`; while a life of the log is being read for the first time, the place in the last one before it
        that was read to its end."""
        with self._lock:
            return self._whole or (Position(self._epoch, self._next - 1) if self._epoch else None)

    def offered(self, delivery: Delivery) -> Position:
        """What lies behind it was not offered to the delivery."""
        with self._lock:
            if delivery in self._live:
                return Position(self._epoch, self._next - 1)
            # A worker notes an entry after it has offered it, and a client may be faster.
            return Position(delivery.epoch, delivery.next)

    # -- with the lock held ---------------------------------------------------------------

    def _advance(self, entry: Entry, *, replay: bool = False) -> None:
        if replay:
            self._demote_slow_ones()
        letters = Letters(entry)
        letters.is_repeat = self.told.note(entry)
        leaver = self._live.leaver(letters)
        if leaver is not None:
            leaver.left = True  # before he reads of it, and perhaps comes again
        self._live.offer(letters.aged() if replay and entry.offset <= self._astray else letters)
        self._recent.add(letters)
        self._next = entry.offset + 1
        if leaver is not None:
            self._demote(leaver)
        if self._ahead:
            self._fetch_those_met()

    def _demote_slow_ones(self) -> None:
        """Replay must not overflow a client that merely can't take it so fast."""
        for delivery in self._live.slow():
            self._demote(delivery)
            self.workers.schedule(delivery)

    def _demote(self, delivery: Delivery) -> None:
        if delivery in self._live:
            delivery.epoch, delivery.next = self._epoch, self._next
        self._remove(delivery)

    def _remove(self, delivery: Delivery) -> None:
        self._live.discard(delivery)
        self._ahead.pop(delivery, None)

    def _place(self, delivery: Delivery) -> bool:
        """Live, waiting for the feed, or else (True) behind it: to be scheduled."""
        self._ahead.pop(delivery, None)
        if delivery.until is not None or delivery.most:  # how far it reaches back is found by its own read
            return True
        if delivery.epoch == self._epoch and delivery.next < self._next and not self._bridge(delivery):
            return True
        if delivery.epoch == self._epoch and delivery.next == self._next:
            if not delivery.left:
                self._live.add(delivery)
        else:
            self._ahead[delivery] = None
        return False

    def _bridge(self, delivery: Delivery) -> bool:
        """Offers what it lacks from memory. False: that is not all here, or more than it takes now."""
        first, missing = delivery.next, self._recent.since(delivery.next)
        here = missing is not None
        for letters in missing or ():
            if delivery.outbox.size >= delivery.outbox.low_water:
                here = False
                break
            delivery.take(letters)
        if self.trace is not None:
            self.trace.caught_up(delivery, first)
        return here

    def _reached(self, delivery: Delivery, top: Position | None = None) -> bool:
        until = delivery.until
        if until is None:
            return False
        there = delivery.parted or (delivery.epoch == until.epoch and delivery.next > until.offset)
        # In an epoch where `until` means nothing, all that there is must do.
        ended = top is not None and delivery.next > top.offset
        if there or ended:
            delivery.gone = True
        return there or ended

    def _fetch_those_met(self) -> None:
        for delivery in list(self._ahead):
            if delivery.epoch == self._epoch and delivery.next <= self._next and self._place(delivery):
                self.workers.schedule(delivery)

    # -- catch-up -------------------------------------------------------------------------

    def _turn_to(self, page: Page, cursor: Position, recalled: list[Entry]) -> bool:
        """Where a page jumps (another epoch, a trimmed log), the feed jumps with it. All live
        deliveries are where the feed is, so what the page says holds for each. False: read again."""
        with self._lock:
            place = Position(self._epoch, self._next - 1)
            if page.position.epoch == self._epoch:
                if page.start <= self._next:
                    return True
            elif place != cursor:
                return False  # late entries of the former epoch came meanwhile; the page repeats them
            self._live.flush()
            for delivery in self._live:
                delivery.turn(place, page)
            if page.position.epoch != self._epoch:
                self._hears = page.position.epoch
                self._whole = self._whole or place
                self._astray = page.position.offset if page.is_astray else 0
            self._epoch, self._next = page.position.epoch, page.start
            self._recent.clear()
            for entry in recalled:
                self._recent.add(Letters(entry))
            return True

    def _end_page(self, page: Page) -> bool:
        """Whether there is more to read."""
        with self._lock:
            self._live.flush()
            for delivery in list(self._ahead):
                if delivery.epoch != self._epoch:
                    del self._ahead[delivery]
                    self.workers.schedule(delivery)
                elif self._place(delivery):
                    self.workers.schedule(delivery)
            if page.position.epoch != self._epoch:
                return False
            if self._next > page.position.offset:
                self._whole = None
            return self._next <= page.position.offset
