"""A log with a feed and its readers, whose workers run only when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from cluster.types import Entry, Page, Position
from node.delivery import Delivery
from node.feed import Feed
from node.metrics import Metrics
from node.outbox import Outbox, Socket
from node.recent import Recent
from node.workers import Task, Workers
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from wire import Dialect, decode_server
from wire.frames import Message, ServerFrame

LOG = "#room"


class Steps:
    """Stands in for `Workers`: nothing runs unless the test says so."""

    def __init__(self) -> None:
        self.due: list[Task] = []

    def schedule(self, task: Task) -> None:
        if task not in self.due:
            self.due.append(task)

    def step(self, number: int) -> None:
        if self.due:
            task = self.due.pop(number % len(self.due))
            if task.step() is not None:
                self.schedule(task)


class Reader:
    """One client of a log, with all that it was offered."""

    def __init__(
        self,
        feed: Feed,
        cursor: Position,
        top: Position,
        limit: int = 1 << 20,
        dialect: Dialect = Dialect.NATIVE,
        session: str = "",
    ) -> None:
        self.outbox = Outbox(cast("Socket", None), limit, lambda _: None)
        self.taken: list[bytes] = []
        self.start = cursor
        self.delivery = Delivery(feed, self.outbox, dialect, cursor, session)
        feed.attach(self.delivery, top)

    def drain(self) -> None:
        """What the deliverer does, when a burst is over."""
        self.delivery.feed.flush()
        data = self.outbox.take()
        self.taken += data.splitlines()
        self.outbox.sent(len(data), whole=True)

    def frames(self) -> list[ServerFrame]:
        self.drain()
        return [frame for line in self.taken if (frame := decode_server(line)) is not None]

    def said(self) -> list[int]:
        return [frame.n for frame in self.frames() if isinstance(frame, Message)]


class Bench:
    """A log with a feed, and the ways to disturb them."""

    def __init__(self, limit: int = 1 << 20, recent: int = 0) -> None:
        self.store = Store()
        self.cluster = FakeCluster(self.store)
        self.steps = Steps()
        self.during_read: Callable[[], None] = lambda: None
        self.feed = Feed(LOG, self.read, cast("Workers", self.steps), Metrics())
        self.feed._recent = Recent(recent)
        self.limit = limit
        self.page = 3
        self.readers: list[Reader] = []
        self.count = 0

    def read(self, log: str, after: Position, limit: int) -> Page:
        page = self.cluster.read(log, after, min(limit, self.page))
        self.during_read()
        return page

    def publish(self) -> Entry:
        self.count += 1
        return self.store.append(LOG, "message", "s", self.count, "bob", f"text {self.count}")

    def change(self, kind: str, session: str) -> Entry:
        """`joined` or `left`."""
        return self.store.append(LOG, kind, session, 0, session, "")

    def join(
        self, cursor: Position | None = None, dialect: Dialect = Dialect.NATIVE, session: str = "reader"
    ) -> Reader:
        top = self.store.top(LOG)
        reader = Reader(self.feed, cursor or top, top, self.limit, dialect, session)
        self.readers.append(reader)
        return reader

    def settle(self) -> None:
        """A heartbeat, and all that follows from it."""
        self.during_read = lambda: None
        for _ in range(2):
            self.feed.heard(self.store.top(LOG))
        for _ in range(5000):
            for reader in self.readers:
                reader.drain()
            if not self.steps.due:
                return
            self.steps.step(0)
        raise AssertionError(f"it never comes to rest: {self.steps.due}")
