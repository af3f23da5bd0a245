"""Feeds and deliveries: whatever gets lost, repeated or rewound, each client sees each entry once, in order.

The workers are replaced by a set of tasks that the test steps in an order of its own, and a read can
be interrupted by live entries: so every interleaving that threads could make can be drawn.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import cast

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cluster.types import Entry, Page, Position
from node.delivery import Delivery
from node.feed import Feed
from node.logs import open_log
from node.metrics import Metrics
from node.outbox import Outbox, Socket
from node.recent import LIMIT, Recent
from node.supervise import Supervisor
from node.workers import Task, Workers
from tests.unit.node.fake_cluster import FakeCluster, Store, wait_for
from wire import Dialect, decode_server
from wire.frames import Gap, Message, ServerFrame

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

    def __init__(self, feed: Feed, cursor: Position, top: Position, limit: int = 1 << 20) -> None:
        self.outbox = Outbox(cast("Socket", None), limit, lambda _: None)
        self.taken: list[bytes] = []
        self.start = cursor
        self.delivery = Delivery(feed, self.outbox, Dialect.NATIVE, cursor)
        feed.attach(self.delivery, top)

    def drain(self) -> None:
        """What the deliverer does."""
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

    def join(self, cursor: Position | None = None) -> Reader:
        top = self.store.top(LOG)
        reader = Reader(self.feed, cursor or top, top, self.limit)
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


class FeedMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        # Two or three entries are kept: so who is a little behind goes on from memory, who is more so reads.
        self.bench = Bench(recent=1600)
        self.late: list[Entry] = []
        self.away: list[tuple[Reader, Position]] = []
        self.lost: set[int] = set()
        self.epochs = 1
        self.bench.store.top(LOG)

    @rule(heard=st.sampled_from(["live", "lost", "late", "twice"]))
    def publish(self, heard: str) -> None:
        entry = self.bench.publish()
        if heard in ("live", "twice"):
            self.bench.feed.receive(entry)
        if heard in ("late", "twice"):
            self.late.append(entry)

    @rule(number=st.integers(0, 5))
    def hear_late(self, number: int) -> None:
        if self.late:
            self.bench.feed.receive(self.late.pop(number % len(self.late)))

    @rule(number=st.integers(0, 5), meanwhile=st.integers(0, 3), rewind=st.integers(0, 9))
    def step(self, number: int, meanwhile: int, rewind: int) -> None:
        def during() -> None:
            self.bench.during_read = lambda: None
            for _ in range(meanwhile):
                self.bench.feed.receive(self.bench.publish())
            self.hear_late(number)

        if rewind < 3:
            self.rewind(rewind)
        self.bench.during_read = during
        self.bench.steps.step(number)
        self.bench.during_read = lambda: None

    @rule()
    def newcomer(self) -> None:
        self.bench.join()

    @rule(back=st.integers(0, 6))
    def returner(self, back: int) -> None:
        top = self.bench.store.top(LOG)
        self.bench.join(Position(top.epoch, max(0, top.offset - back)))

    @rule(number=st.integers(0, 5))
    def go_away(self, number: int) -> None:
        """A client leaves with its cursor; rewinds may come before it is back."""
        if self.bench.readers:
            old = self.bench.readers.pop(number % len(self.bench.readers))
            place = self.bench.feed.place(old.delivery)
            self.bench.feed.detach(old.delivery)
            if place is not None:
                self.away.append((old, place))

    @rule(number=st.integers(0, 5))
    def come_back(self, number: int) -> None:
        if self.away:
            old, place = self.away.pop(number % len(self.away))
            new = self.bench.join(place)
            new.start = old.start
            new.taken = old.taken + self._rest(old)

    @staticmethod
    def _rest(reader: Reader) -> list[bytes]:
        reader.taken, kept = [], reader.taken
        reader.drain()
        rest, reader.taken = reader.taken, kept
        return rest

    @rule(lost=st.integers(0, 2))
    def rewind(self, lost: int) -> None:
        entries = self.bench.store.logs.get(LOG, [])
        lost = min(lost, len(entries))
        self.lost |= {entry.n for entry in entries[len(entries) - lost :]}
        self.epochs += 1
        self.bench.store.rewind(f"E{self.epochs}", {LOG: lost})

    @rule()
    def recovered(self) -> None:
        self.bench.feed.missing()

    @invariant()
    def nothing_twice_and_in_order(self) -> None:
        for reader in self.bench.readers:
            said = reader.said()
            assert said == sorted(set(said))

    def teardown(self) -> None:
        self.bench.settle()
        present = [entry for entry in self.bench.store.logs.get(LOG, []) if entry.n not in self.lost]
        for reader in self.bench.readers:
            owed = [entry.n for entry in present if self._is_owed(reader, entry)]
            said = [n for n in reader.said() if n not in self.lost]
            assert said == owed, (reader.start, reader.taken)
            assert reader.delivery in self.bench.feed._live[Dialect.NATIVE]

    def _is_owed(self, reader: Reader, entry: Entry) -> bool:
        # Offsets that a rewind took away are used again, so what is owed after the fork is all of it.
        fork = reader.start.offset
        for epoch, top in self.bench.store.forks.get(LOG, {}).items():
            if int(epoch[1:]) >= int(reader.start.epoch[1:]):
                fork = min(fork, top)
        return entry.offset > fork


FeedMachine.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestFeed = FeedMachine.TestCase


def test_a_newcomer_waits_for_its_own_joined_entry_without_a_read() -> None:
    bench = Bench()
    bench.join()
    entry = bench.publish()
    reader = bench.join()
    assert bench.steps.due == []
    bench.feed.receive(entry)
    bench.feed.receive(bench.publish())
    assert reader.said() == [2]
    assert bench.readers[0].said() == [1, 2]


def test_a_heartbeat_does_not_fetch_what_is_still_on_its_way() -> None:
    bench = Bench()
    reader = bench.join()
    entry = bench.publish()
    bench.feed.heard(bench.store.top(LOG))
    bench.feed.receive(entry)
    bench.feed.heard(bench.store.top(LOG))
    assert bench.steps.due == []
    bench.publish()
    bench.feed.heard(bench.store.top(LOG))
    assert bench.steps.due == []
    bench.feed.heard(bench.store.top(LOG))
    assert bench.steps.due == [bench.feed]
    bench.settle()
    assert reader.said() == [1, 2]


def test_what_came_before_the_place_was_known_is_fetched() -> None:
    bench = Bench()
    top = bench.store.top(LOG)
    bench.feed.receive(bench.publish())
    reader = Reader(bench.feed, top, top)
    bench.readers.append(reader)
    assert bench.steps.due == [bench.feed]
    bench.settle()
    assert reader.said() == [1]


def test_an_entry_of_the_former_epoch_that_comes_during_the_read_is_not_told_again() -> None:
    bench = Bench()
    reader = bench.join()
    late = bench.publish()
    bench.store.rewind("E2", {})
    bench.during_read = lambda: bench.feed.receive(late)
    bench.feed.missing()
    bench.steps.step(0)
    bench.settle()
    bench.feed.receive(bench.publish())
    assert reader.said() == [1, 2]


def test_replay_waits_for_a_client_that_takes_it_slowly() -> None:
    bench = Bench(limit=4000)
    bench.page = 200
    for _ in range(50):
        bench.publish()
    reader = bench.join(Position("E1", 0))
    for _ in range(50):
        bench.steps.step(0)
    assert 0 < reader.outbox.size < 4000
    assert not reader.outbox.finishing
    assert bench.steps.due == []
    bench.settle()
    assert reader.said() == list(range(1, 51))


def test_a_reader_that_finds_more_than_the_feed_has_makes_it_look() -> None:
    bench = Bench()
    first = bench.join()
    bench.feed.receive(bench.publish())
    bench.publish()
    late = bench.join(Position("E1", 0))
    for _ in range(5):
        bench.steps.step(0)
    assert (first.said(), late.said()) == ([1, 2], [1, 2])


def test_a_new_epoch_is_noticed_by_the_heartbeat() -> None:
    bench = Bench()
    reader = bench.join()
    bench.store.rewind("E2", {})
    bench.publish()
    bench.feed.heard(bench.store.top(LOG))
    bench.steps.step(0)
    assert reader.said() == [1]


def test_who_is_a_little_behind_goes_on_from_memory() -> None:
    bench = Bench(recent=LIMIT)
    bench.join()
    for _ in range(50):
        bench.feed.receive(bench.publish())
    late = bench.join(Position("E1", 10))
    bench.feed.receive(bench.publish())
    assert bench.steps.due == []
    assert late.said() == list(range(11, 52))
    earlier = bench.join(Position("E1", 0))
    assert earlier.said() == list(range(1, 52))


def test_memory_does_not_overflow_a_client_either() -> None:
    bench = Bench(limit=4000, recent=LIMIT)
    bench.join()
    for _ in range(50):
        bench.feed.receive(bench.publish())
        bench.readers[0].drain()
    late = bench.join(Position("E1", 0))
    assert not late.outbox.finishing
    bench.settle()
    assert late.said() == list(range(1, 51))


def test_memory_is_bounded_and_of_one_epoch() -> None:
    bench = Bench(recent=LIMIT)
    bench.join()
    for _ in range(2000):
        bench.feed.receive(bench.publish())
    assert 100 < len(bench.feed._recent._letters) < 600
    bench.store.rewind("E2", {})
    bench.feed.missing()
    bench.settle()
    bench.feed.receive(bench.publish())
    assert len(bench.feed._recent._letters) == 1
    assert bench.join(Position("E2", 1999)).said() == []
    bench.settle()
    assert bench.readers[-1].said() == [2000, 2001]


def test_a_feed_that_catches_up_lets_a_slow_client_go_its_own_pace() -> None:
    bench = Bench(limit=4000)
    slow, fast = bench.join(), bench.join()
    for _ in range(50):
        bench.publish()
    bench.feed.missing()
    for _ in range(60):
        fast.drain()
        bench.steps.step(0)
    assert fast.said() == list(range(1, 51))
    assert not slow.outbox.finishing
    bench.settle()
    assert slow.said() == fast.said()


def test_a_gap_entry_is_told_to_each_as_far_as_it_concerns_him() -> None:
    bench = Bench()
    for _ in range(5):
        bench.publish()
    everything, little = bench.join(), bench.join(Position("E1", 2))
    bench.store.rewind("E2", {LOG: 2})
    # What the cluster writes when a node could tell what was lost; the cursor's own reading is silent then.
    bench.store.forks[LOG]["E1"] = 5
    bench.store.logs[LOG] += [Entry(LOG, "E2", o, 0, "message", "s", 90 + o, "bob", "again") for o in (4, 5)]
    bench.store.append(LOG, "gap", "", 0, "", "E1 4 5")
    bench.settle()
    gaps = [next(f for f in reader.frames() if isinstance(f, Gap)) for reader in (everything, little)]
    assert [(gap.complete, gap.first, gap.last, gap.offset) for gap in gaps] == [(5, 4, 5, 6), (2, 4, 5, 6)]


def test_finish_delivers_up_to_there_and_no_further() -> None:
    bench = Bench()
    reader = bench.join()
    for _ in range(6):
        bench.publish()
    told: list[bool] = []
    bench.feed.finish(reader.delivery, Position("E1", 4), told.append)
    assert told == []
    bench.settle()
    assert (reader.said(), told) == ([1, 2, 3, 4], [False])
    other = bench.join()
    bench.feed.finish(other.delivery, Position("E1", 3), told.append)
    assert told == [False, True]


def test_switching_from_replay_to_live_under_real_threads() -> None:
    """Resumes race with live entries; the barrier makes them start together, again and again."""
    store = Store()
    cluster = FakeCluster(store)
    log = open_log("n1", "json", io.StringIO())
    supervisor, workers = Supervisor(log, lambda: None), Workers()
    feed = Feed(LOG, cluster.read, workers, Metrics())
    for number in range(2):
        supervisor.spawn(f"catch-up-{number}", workers.run)
    readers: list[Reader] = []
    rounds, say = 30, 20
    barrier = threading.Barrier(2)

    def publish() -> None:
        for _ in range(rounds):
            barrier.wait(10)
            for _ in range(say):
                with store.lock:
                    n = store.top(LOG).offset + 1
                    entry = store.append(LOG, "message", "s", n, "bob", "x")
                if n % 7:  # some are lost on the way
                    feed.receive(entry)

    thread = threading.Thread(target=publish)
    thread.start()
    for number in range(rounds):
        barrier.wait(10)
        top = store.top(LOG)
        readers.append(Reader(feed, Position("E1", top.offset * (number % 4) // 4), top, 1 << 24))
    thread.join(10)
    for _ in range(2):
        feed.heard(store.top(LOG))
    end = rounds * say
    try:
        for reader in readers:
            wait_for(lambda reader=reader: feed.place(reader.delivery) == Position("E1", end))
            assert reader.said() == list(range(reader.start.offset + 1, end + 1))
    finally:
        supervisor.stopping()
        workers.stop()
        assert supervisor.join(time.monotonic() + 5) == []


def test_a_failed_read_is_tried_again() -> None:
    bench = Bench()
    reader = bench.join()
    bench.publish()
    bench.cluster.failing_reads = 2
    delays = [bench.feed.step() for _ in range(3)]
    assert delays[0]
    assert delays[1]
    assert delays[2] is None
    assert reader.said() == [1]
