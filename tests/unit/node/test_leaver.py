"""What a room says after somebody's own `left` entry is not for him, whenever the node learns that he has left."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cluster.types import Kind, Position
from tests.unit.node.feed_bench import LOG, Bench, Reader
from tests.unit.node.support import Native, pair, running
from wire import Dialect
from wire.frames import Gap, Join, Joined, Left, Message

BOTH = pytest.mark.parametrize("dialect", list(Dialect))


def lines(reader: Reader) -> int:
    reader.drain()
    return len(reader.taken)


def finish(bench: Bench, reader: Reader, until: Position) -> list[bool]:
    """As `leave` does when its answer comes; what it is told of having gone further."""
    reader.delivery.leaves = True
    return quit_after(bench, reader, until)


def quit_after(bench: Bench, reader: Reader, until: Position) -> list[bool]:
    """As `quit` does, for what it said itself."""
    told: list[bool] = []
    bench.feed.finish(reader.delivery, until, told.append)
    return told


@BOTH
def test_nothing_follows_the_own_left_entry(dialect: Dialect) -> None:
    bench = Bench()
    reader, other = bench.join(dialect=dialect, session="ana"), bench.join()
    bench.feed.receive(bench.publish())
    left = bench.change(Kind.LEFT, "ana")
    bench.feed.receive(left)
    bench.feed.receive(bench.change(Kind.JOINED, "late"))
    bench.feed.receive(bench.publish())
    bench.settle()
    assert lines(reader) == 2
    assert other.said() == [1, 2]
    assert finish(bench, reader, Position(left.epoch, left.offset - 1)) == [True]
    assert bench.steps.due == []


def test_nothing_follows_it_in_a_catch_up(bench: Bench) -> None:
    start = bench.store.top(LOG)
    bench.publish()
    left = bench.change(Kind.LEFT, "ana")
    for _ in range(5):
        bench.publish()
    bench.join()
    reader = bench.join(cursor=start, session="ana")
    bench.settle()
    assert reader.said() == [1]
    assert isinstance(reader.frames()[-1], Left)
    assert finish(bench, reader, Position(left.epoch, left.offset - 1)) == [True]


@pytest.fixture(params=[0, 1 << 16])
def bench(request: pytest.FixtureRequest) -> Bench:
    """With and without a memory from which who is behind is served."""
    return Bench(recent=request.param)


def test_who_came_again_in_what_is_caught_up_hears_on(bench: Bench) -> None:
    start = bench.store.top(LOG)
    bench.publish()
    bench.change(Kind.LEFT, "ana")
    bench.publish()
    bench.change(Kind.JOINED, "ana")
    bench.publish()
    reader = bench.join(cursor=start, session="ana")
    bench.settle()
    bench.feed.receive(bench.publish())
    assert reader.said() == [1, 3, 4]


def test_who_is_served_from_memory_hears_nothing_after_it() -> None:
    bench = Bench(recent=1 << 16)
    start = bench.store.top(LOG)
    other = bench.join()
    for entry in (bench.publish(), bench.change(Kind.LEFT, "ana"), bench.publish()):
        bench.feed.receive(entry)
    reader = bench.join(cursor=start, session="ana")
    bench.feed.receive(bench.publish())
    bench.settle()
    assert reader.said() == [1]
    assert other.said() == [1, 2, 3]


def test_who_was_put_out_and_comes_again_hears_on() -> None:
    """A rewind may bring a `left` that nobody asked for here; then the room is joined as if it were new."""
    store, one, _ = pair()
    with running(one) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        alice.say(Join(room="#ops", id=1))
        alice.expect(Joined, lambda frame: frame.id == 1)
        store.append("#ops", Kind.LEFT, welcome.session, 0, "alice", "")
        alice.expect(Left)
        store.append("#ops", Kind.MESSAGE, "other", 1, "bob", "not for her")
        alice.say(Join(room="#ops", id=2))
        alice.expect(Joined, lambda frame: frame.id == 2)
        store.append("#ops", Kind.MESSAGE, "other", 2, "bob", "for her")
        assert alice.expect(Message, lambda frame: not frame.history).text == "for her"


@pytest.mark.parametrize("late", [True, False])
def test_a_leaving_that_a_loss_has_brought_back_is_no_leaving(bench: Bench, late: bool) -> None:
    """It may be of an earlier stay, and he is a member."""
    start = bench.store.top(LOG)
    reader = bench.join(session="ana")
    old = bench.change(Kind.LEFT, "ana")
    bench.feed.receive(replace(old, was=(Position("E0", 7),), late=late))
    bench.feed.receive(bench.publish())
    bench.settle()
    assert reader.said() == [1]
    assert start.offset == 0


@pytest.mark.parametrize("is_there", [True, False])
def test_nothing_follows_it_in_a_life_in_which_it_stands_elsewhere(is_there: bool) -> None:
    """He has left, and comes back to read what was said before, as the data are lost: his place is one of the life that
    is over. Where the entry itself is lost nobody can say what came before it, and he is told so."""
    bench = Bench()
    bench.join()
    bench.publish()
    bench.publish()
    left = bench.change(Kind.LEFT, "ana")
    bench.store.rewind("E2", {LOG: 2})
    bench.change(Kind.JOINED, "eve")  # another place
    bench.publish()
    if is_there:
        bench.change(Kind.LEFT, "ana")
        bench.store.logs[LOG][-1] = replace(bench.store.logs[LOG][-1], was=(Position("E1", left.offset),))
    bench.publish()
    reader = bench.join(Position("E1", 1), session="ana")
    told = finish(bench, reader, Position("E1", left.offset))
    bench.settle()
    assert told == [False]
    assert reader.said() == ([3] if is_there else [])
    gaps = [(gap.first, gap.last) for gap in reader.frames() if isinstance(gap, Gap)]
    assert gaps == ([] if is_there else [(2, 0)])


@BOTH
@pytest.mark.parametrize("behind", [True, False])
def test_who_quits_and_spoke_last_in_a_life_that_is_over_is_told_of_no_gap(dialect: Dialect, behind: bool) -> None:
    """His place there means nothing in the present one, of which he has all there is (drill, single, away, 8)."""
    bench = Bench()
    reader = bench.join(dialect=dialect, session="ana")
    last = bench.publish()
    bench.feed.receive(last)
    bench.store.rewind("E2", {LOG: 1})
    bench.feed.missing()
    bench.settle()
    before = lines(reader)
    entry = bench.publish()
    if not behind:
        bench.feed.receive(entry)
    told = quit_after(bench, reader, Position("E1", last.offset))
    bench.settle()
    assert told == [False]
    (line,) = reader.taken[before:]
    assert entry.text.encode() in line
