"""What was told under which place is remembered, within bounds, so that nothing that comes back is told again."""

from __future__ import annotations

from msgspec.structs import replace

from cluster.types import Entry, Position
from node.recent import LIMIT
from node.told import Told
from tests.unit.node.feed_bench import LOG, Bench, Reader
from wire import Dialect


def test_the_places_of_messages_are_bounded_in_number() -> None:
    told, entry = Told(2), Entry("#room", "E1", 1, 0, "message", "s", 1, "bob", "hi")
    told.note(entry)
    assert not told.places(entry), "nobody wants it"
    told.show([replace(entry, n=n, offset=n) for n in (1, 2, 3)])
    assert [told.places(replace(entry, n=n)) for n in (1, 2, 3)] == [(), (Position("E1", 2),), (Position("E1", 3),)]
    for number in range(20):
        told.note(replace(entry, n=3, epoch=f"F{number}"))
    assert len(told.places(replace(entry, n=3))) == 8
    told.note(replace(entry, kind="left", n=9))
    assert not told.places(replace(entry, kind="left", n=9))


def test_what_was_shown_many_lives_ago_is_not_shown_to_a_plain_client_again() -> None:
    """A node that had slept brings it."""
    bench = Bench(recent=LIMIT)
    plain = bench.join(dialect=Dialect.PLAIN)
    for _ in range(3):
        bench.feed.receive(bench.publish())
    for life in range(2, 42):
        bench.store.rewind(f"E{life}", {LOG: 1} if life == 2 else {})
        bench.settle()
    entry = bench.store.append(LOG, "message", "s", 3, "bob", "text 3", late=True)
    bench.feed.receive(replace(entry, was=(Position("E1", 3),)))
    plain.drain()
    assert [line for line in plain.taken if b"text 3" in line] == [b"#room bob: text 3"]


def test_what_a_plain_client_was_brought_from_memory_is_not_shown_to_it_again() -> None:
    """It had passed before anybody wanted to know."""
    bench = Bench(recent=LIMIT)
    top = bench.store.top(LOG)
    bench.join()
    for _ in range(3):
        bench.feed.receive(bench.publish())
    plain = Reader(bench.feed, top, top, dialect=Dialect.PLAIN)
    bench.readers.append(plain)
    bench.store.rewind("E2", {LOG: 3})
    entry = bench.store.append(LOG, "message", "s", 2, "bob", "text 2", late=True)
    bench.settle()
    assert replace(entry, was=()) == entry, "its former place is known here alone"
    assert [line for line in plain.taken if b"text 2" in line] == [b"#room bob: text 2"]
