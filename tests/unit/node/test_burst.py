"""What comes in one burst is joined once for all who get it, and offered once to each."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from cluster.types import Position
from node import audience
from node.outbox import Outbox
from tests.unit.node.feed_bench import LOG, Bench
from wire import Dialect


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Outbox, bytes]]:
    """Whatever is offered to outboxes, in order."""
    made = list[tuple[Outbox, bytes]]()
    offer, offer_all = Outbox.offer, Outbox.offer_all

    def counting(outbox: Outbox, data: bytes) -> bool:
        made.append((outbox, data))
        return offer(outbox, data)

    def counting_all(outboxes: Iterable[Outbox], data: bytes) -> None:
        there = list(outboxes)
        made.extend((outbox, data) for outbox in there)
        offer_all(there, data)

    monkeypatch.setattr(Outbox, "offer", counting)
    monkeypatch.setattr(Outbox, "offer_all", counting_all)
    return made


def test_a_burst_is_one_offer_of_the_same_bytes(offers: list[tuple[Outbox, bytes]]) -> None:
    bench = Bench()
    readers = [bench.join() for _ in range(5)]
    for _ in range(40):
        bench.feed.receive(bench.publish())
    assert offers == []
    bench.feed.flush()
    assert [outbox for outbox, _ in offers] == [reader.outbox for reader in readers]
    assert len({id(data) for _, data in offers}) == 1
    assert [reader.said() for reader in readers] == [list(range(1, 41))] * 5
    bench.feed.flush()
    assert len(offers) == 5


def test_a_long_burst_does_not_wait_for_its_end(
    offers: list[tuple[Outbox, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "MOST", 1000)
    bench = Bench()
    reader = bench.join()
    for _ in range(50):
        bench.feed.receive(bench.publish())
    assert len(offers) >= 5
    assert all(len(data) < 1500 for _, data in offers)
    assert reader.said() == list(range(1, 51))


def test_who_comes_in_the_middle_gets_what_comes_then() -> None:
    bench = Bench()
    early = bench.join()
    bench.feed.receive(bench.publish())
    late = bench.join()
    bench.feed.receive(bench.publish())
    assert (early.said(), late.said()) == ([1, 2], [2])


@pytest.mark.parametrize("dialect", list(Dialect))
def test_who_goes_in_the_middle_has_what_came_before(dialect: Dialect) -> None:
    bench = Bench()
    reader = bench.join(dialect=dialect)
    bench.feed.receive(bench.publish())
    bench.feed.detach(reader.delivery)
    bench.feed.receive(bench.publish())
    reader.drain()
    assert len(reader.taken) == 1


def test_a_place_that_is_told_is_in_the_outbox() -> None:
    """What a plain client's kernel took counts as sent: up to its place, so no less may have been offered."""
    bench = Bench()
    reader = bench.join()
    bench.feed.receive(bench.publish())
    place = bench.feed.place(reader.delivery)
    assert place is not None
    assert place.offset == bench.store.top(LOG).offset
    assert reader.outbox.offered > 0


def test_what_is_for_each_alone_keeps_its_place() -> None:
    bench = Bench()
    reader = bench.join()
    for number in range(3):
        # The one in the middle was brought back: what each is told of it depends on what he has seen.
        entry = bench.publish()
        bench.feed.receive(replace(entry, was=(Position("E0", 7),)) if number == 1 else entry)
    assert reader.said() == [1, 2, 3]
