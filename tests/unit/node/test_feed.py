"""Feeds and deliveries, case by case; `test_feed_machine` draws the cases nobody thought of."""

from __future__ import annotations

import io
import threading
import time
from types import SimpleNamespace
from typing import Any, cast

from cluster.types import Position
from node.feed import Feed
from node.logs import open_log
from node.metrics import Metrics
from node.recent import LIMIT, Letters, Recent, Spare
from node.supervise import Supervisor
from node.workers import Workers
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.feed_bench import LOG, Bench, Reader
from tests.unit.node.waiting import wait_for


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


def test_what_was_not_offered_yet_is_known_and_what_was_is_never_taken_for_it() -> None:
    """A client may acknowledge an entry before the worker that offered it has noted that."""
    bench = Bench()
    live = bench.join()
    for _ in range(5):
        bench.feed.receive(bench.publish())
    assert bench.feed.offered(live.delivery) == Position("E1", 5)
    late = bench.join(Position("E1", 0))
    known: list[tuple[int, int]] = []
    offer = late.delivery.outbox.offer

    def watched(data: bytes) -> bool:
        known.append((len(known) + 1, bench.feed.offered(late.delivery).offset))
        return offer(data)

    late.delivery.outbox = cast(
        "Any", SimpleNamespace(offer=watched, finishing=False, size=0, low_water=1, low=lambda _: True)
    )
    for _ in range(5):
        bench.steps.step(0)
    assert known == [(entry, entry) for entry in range(1, 6)]
    assert bench.feed.offered(late.delivery) == Position("E1", 5)


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
    assert 100 < len(bench.feed.remembered()) < 600
    bench.store.rewind("E2", {})
    bench.feed.missing()
    bench.settle()
    bench.feed.receive(bench.publish())
    assert 100 < len(bench.feed.remembered()) < 600
    assert {entry.epoch for entry in bench.feed.remembered()} == {"E2"}
    assert bench.join(Position("E2", 1999)).said() == [2000, 2001]
    assert bench.join(Position("E1", 1999)).said() == []
    bench.settle()
    assert bench.readers[-1].said() == [2000, 2001]


def test_what_was_said_lately_is_kept_beyond_the_limit_as_long_as_the_node_has_room() -> None:
    def filled(spare: Spare | None) -> int:
        bench = Bench()
        recent = Recent(1000, spare)
        for _ in range(100):
            recent.add(Letters(bench.publish()))
        count = len(recent.entries())
        recent.clear()
        return count

    spare = Spare(20_000)
    assert filled(None) <= 2
    assert 30 < filled(spare) < 50
    assert spare.take(20_000)  # it was given back
    assert filled(spare) <= 2


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
