"""A feed over the lives of its log: a new epoch, what comes back, what is told once more and what is not."""

from __future__ import annotations

from msgspec.structs import replace

from cluster.types import Position
from node.recent import LIMIT, Letters, Recent, Spare
from tests.unit.node.feed_bench import LOG, Bench
from wire import Dialect
from wire.frames import Message


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


def test_what_is_read_anew_after_a_loss_is_not_young_for_that() -> None:
    bench = Bench()
    recent = Recent(1000, Spare(1_000_000))
    for second in range(60):
        entry = bench.publish()
        recent.add(Letters(replace(entry, time=entry.time + 1000 * second)))
    assert 9 <= len(recent.entries()) <= 12


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
