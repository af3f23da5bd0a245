"""Feeds and deliveries, case by case; `test_feed_machine` draws the cases nobody thought of."""

from __future__ import annotations

import io
import threading
import time
from types import SimpleNamespace
from typing import Any, cast

from msgspec.structs import replace

from cluster.types import Entry, Position
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
from wire import Dialect
from wire.frames import Gap, Message


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


def test_a_new_epoch_is_noticed_by_the_heartbeat() -> None:
    bench = Bench()
    reader = bench.join()
    bench.store.rewind("E2", {})
    bench.publish()
    bench.feed.heard(bench.store.top(LOG))
    bench.steps.step(0)
    assert reader.said() == [1]


def test_a_cursor_of_a_former_epoch_is_mapped_though_the_feed_has_moved_on() -> None:
    bench = Bench()
    bench.join()
    for _ in range(3):
        bench.feed.receive(bench.publish())
    bench.store.rewind("E2", {LOG: 1})
    bench.feed.missing()
    bench.steps.step(0)
    bench.feed.receive(bench.publish())
    back = bench.join(Position("E1", 1))
    for _ in range(5):
        bench.steps.step(0)
    assert back.said() == [2, 4]


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


def test_what_is_remembered_survives_a_change_of_epoch_by_its_new_places() -> None:
    """Else what one recovery brought back would be lost in the next."""
    bench = Bench(recent=LIMIT)
    reader = bench.join()
    for _ in range(10):
        bench.feed.receive(bench.publish())
    bench.store.rewind("E2", {LOG: 3})
    for n in (8, 9, 10):
        bench.store.append(LOG, "message", "s", n, "bob", f"text {n}")
    bench.store.forks[LOG]["E1"] = 10  # brought back
    bench.settle()
    bench.feed.receive(bench.publish())
    assert reader.said() == list(range(1, 12))
    assert [(entry.epoch, entry.n) for entry in bench.feed.remembered()] == [("E2", n) for n in range(1, 12)]


def test_a_second_change_of_epoch_while_the_first_is_read_is_begun_anew() -> None:
    bench = Bench(recent=LIMIT)
    reader = bench.join()
    for _ in range(10):
        bench.feed.receive(bench.publish())

    def again() -> None:
        bench.during_read = lambda: None
        bench.store.rewind("E3", {})

    bench.store.rewind("E2", {})
    bench.feed.missing()
    bench.during_read = again
    bench.steps.step(0)
    bench.settle()
    assert {entry.epoch for entry in bench.feed.remembered()} == {"E3"}
    assert reader.said() == list(range(1, 11))


def test_what_comes_back_late_is_not_shown_to_a_plain_client_that_had_it() -> None:
    bench = Bench(recent=LIMIT)
    old, native = bench.join(dialect=Dialect.PLAIN), bench.join()
    for _ in range(3):
        bench.feed.receive(bench.publish())
    bench.store.rewind("E2", {LOG: 1})
    bench.settle()
    new = bench.join(dialect=Dialect.PLAIN)
    entry = bench.store.append(LOG, "message", "s", 3, "bob", "text 3", late=True)
    bench.feed.receive(replace(entry, was=(Position("E1", 3),)))
    for reader in (old, native, new):
        reader.drain()
    assert [line for line in old.taken if b"text 3" in line] == [b"#room bob: text 3"]
    assert [line for line in new.taken if b"text 3" in line] == [b"(late) #room bob: text 3"]
    assert native.said() == [1, 2, 3, 3]  # it knows it by its identity, and its cursor moves on


def test_what_is_said_again_as_new_is_not_shown_to_a_plain_client_that_had_it() -> None:
    """Its sender had no answer before the loss: the entry knows no former place, but this node does."""
    bench = Bench(recent=LIMIT)
    old, native = bench.join(dialect=Dialect.PLAIN), bench.join()
    behind = bench.join(Position("E1", 0), dialect=Dialect.PLAIN)
    for _ in range(3):
        bench.feed.receive(bench.publish())
    bench.settle()
    bench.store.rewind("E2", {LOG: 2})
    bench.store.append(LOG, "message", "s", 2, "bob", "text 2")
    bench.settle()
    new = bench.join(dialect=Dialect.PLAIN)
    bench.feed.receive(bench.store.append(LOG, "message", "s", 3, "bob", "text 3"))
    for reader in (old, native, behind, new):
        reader.drain()
    for reader in (old, behind):
        assert [line for line in reader.taken if b"text" in line] == [b"#room bob: text %d" % n for n in (1, 2, 3)]
    assert [line for line in new.taken if b"text" in line] == [b"#room bob: text 3"]
    assert native.said() == [1, 2, 3, 2, 3]


def test_what_a_plain_client_has_read_for_itself_is_not_shown_again_either() -> None:
    """The feed has not come to the life in which that was."""
    bench = Bench(recent=LIMIT)
    bench.join()
    bench.feed.receive(bench.publish())
    bench.store.rewind("E2", {})
    for _ in range(2):
        bench.publish()
    plain = bench.join(Position("E2", 1), dialect=Dialect.PLAIN)
    assert bench.steps.due == [plain.delivery]
    bench.steps.step(0)
    plain.drain()
    assert [line for line in plain.taken if b"text" in line] == [b"#room bob: text 2", b"#room bob: text 3"]
    bench.store.rewind("E3", {LOG: 2})
    bench.settle()
    for n in (2, 3, 4):
        bench.feed.receive(bench.store.append(LOG, "message", "s", n, "bob", f"text {n}"))
    plain.drain()
    assert [line for line in plain.taken if b"text" in line] == [b"#room bob: text %d" % n for n in (2, 3, 4)]


def test_what_is_still_on_its_way_when_the_memory_is_brought_into_another_life_is_not_offered() -> None:
    """It is in nobody's memory: shown now, it would stand in the new life behind what was said later, or not at all."""
    bench = Bench(recent=LIMIT)
    plain, native = bench.join(dialect=Dialect.PLAIN), bench.join()
    bench.feed.receive(bench.publish())
    delayed = [bench.publish(), bench.publish()]
    bench.store.rewind("E2", {LOG: 2})
    bench.feed.enter("E2")
    assert [entry.offset for entry in bench.feed.remembered()] == [1]
    for entry in delayed:
        bench.feed.receive(entry)
    assert native.said() == [1]
    assert bench.feed in bench.steps.due  # it looks what there is instead
    bench.settle()
    bench.feed.receive(bench.store.append(LOG, "message", "s", 4, "bob", "text 4"))
    assert native.said() == [1, 4]
    plain.drain()
    assert [line for line in plain.taken if b"text" in line] == [b"#room bob: text 1", b"#room bob: text 4"]


def test_a_feed_that_was_told_of_its_own_life_hears_on() -> None:
    """A recovery in the term that there is already; and data that come back in the life that they had."""
    bench = Bench(recent=LIMIT)
    native = bench.join()
    bench.feed.receive(bench.publish())
    for present in ("E1", "E2", "E1"):
        bench.feed.enter(present)
    bench.feed.receive(bench.publish())
    assert native.said() == [1, 2]


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


def test_what_is_read_anew_after_a_loss_is_not_young_for_that() -> None:
    bench = Bench()
    recent = Recent(1000, Spare(1_000_000))
    for second in range(60):
        entry = bench.publish()
        recent.add(Letters(replace(entry, time=entry.time + 1000 * second)))
    assert 9 <= len(recent.entries()) <= 12


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


def test_who_reads_lines_is_told_of_a_gap_from_where_he_had_come_to() -> None:
    bench = Bench()
    bench.publish()
    before = bench.join(dialect=Dialect.PLAIN)
    bench.store.rewind("E2", {LOG: 0})
    bench.settle()
    after = bench.join(dialect=Dialect.PLAIN)
    bench.store.append(LOG, "gap", "", 0, "", "E1 1 700")
    bench.settle()
    told = []
    for reader in (before, after):
        reader.drain()
        told.append(b"".join(reader.taken))
    assert b"complete to #1; 2-700 may be missing" in told[0]
    # Whether he had come before, and left, or was answered late, is not known here: better once too often than never.
    assert b"1-700 may be missing" in told[1]


def test_who_reads_lines_is_not_told_of_a_gap_once_more_when_that_has_come_back() -> None:
    bench = Bench()
    for _ in range(3):
        bench.feed.receive(bench.publish())
    plain = bench.join(dialect=Dialect.PLAIN)
    for place in (3, 4):
        bench.store.rewind(f"E{place}", {})
        bench.store.append(LOG, "gap", "", 0, "", f"E0 {place} {place}")
        bench.store.logs[LOG][-1] = replace(bench.store.logs[LOG][-1], was=(Position("E1", place),))
        bench.settle()
    plain.drain()
    # The first one had stood in front of its coming.
    assert [line for line in plain.taken if b"missing" in line] == [b"! #room: complete to #3; 4 may be missing"]


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


def test_a_plain_client_is_spared_what_it_had_at_a_place_that_is_not_named() -> None:
    """Its sender, or another node, knows the message by a later place, in a life that was lost too."""
    bench = Bench()
    plain, native = bench.join(dialect=Dialect.PLAIN), bench.join()
    bench.feed.receive(bench.publish())
    bench.store.rewind("E3", {LOG: 0})
    bench.settle()
    unknown = (Position("E2", 9),)
    for n, text in ((1, "had"), (99, "missed")):
        entry = bench.store.append(LOG, "message", "s", n, "bob", text, late=True)
        bench.feed.receive(replace(entry, was=unknown))
    plain.drain()
    told = b" ".join(plain.taken).decode()
    assert "text 1" in told
    assert "had" not in told.replace("text", "")
    assert "missed" in told
    assert native.said() == [1, 1, 99]


def test_while_a_new_life_is_being_read_the_end_of_the_last_one_is_known() -> None:
    """The data may be lost again before all of it is read: nobody else may know how far the former life went."""
    bench = Bench()
    bench.join()
    for _ in range(9):
        bench.feed.receive(bench.publish())
    assert bench.feed.whole() == bench.feed.place() == Position("E1", 9)
    for life, lost in (("E2", 9), ("E3", 8)):
        bench.store.rewind(life, {LOG: lost})
        for _ in range(8):
            bench.publish()
        bench.feed.missing()
        bench.steps.step(0)
        assert (bench.feed.whole(), bench.feed.place()) == (Position("E1", 9), Position(life, 3))
    bench.settle()
    assert bench.feed.whole() == bench.feed.place() == Position("E3", 8)


def test_what_may_be_older_than_what_one_has_seen_is_shown_as_late() -> None:
    """Nobody knows what the cursors mean: the log is read from its beginning."""
    bench = Bench(recent=LIMIT)
    live, plain = bench.join(), bench.join(dialect=Dialect.PLAIN)
    for _ in range(3):
        bench.feed.receive(bench.publish())
    bench.store.rewind("E2", {LOG: 3})
    bench.store.forks[LOG].clear()
    for _ in range(2):
        bench.publish()
    behind = bench.join(Position("E0", 9))
    bench.settle()
    newcomer = bench.join(Position("E2", 0))
    bench.feed.receive(bench.publish())
    bench.settle()
    told = [[(f.n, f.late) for f in r.frames() if isinstance(f, Message)] for r in (live, behind, newcomer)]
    late = [(4, True), (5, True), (6, False)]
    assert told == [[(1, False), (2, False), (3, False), *late], late, [(4, False), (5, False), (6, False)]]
    plain.drain()
    assert [line for line in plain.taken if b"text 4" in line] == [b"(late) #room bob: text 4"]
    assert [entry.late for entry in bench.feed.remembered()] == [False] * 3, "it stands in its order"
