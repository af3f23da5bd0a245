"""What a delivery costs, counted: system calls and blocks of memory. Times would prove nothing on a busy machine."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from node.deliverer import Deliverer
from node.delivery import Delivery
from node.outbox import Outbox
from tests.unit.node.feed_bench import LOG, Bench
from wire import Dialect

RECEIVERS, BURST = 1000, 20


class Kernel:
    """A socket that takes everything, and counts its calls and the bytes objects that it was given."""

    calls = 0
    given: set[int]

    def fileno(self) -> int:
        return -1

    def send(self, data: bytes | memoryview, flags: int) -> int:
        Kernel.calls += 1
        Kernel.given.add(id(data))
        return len(data)

    def shutdown(self, how: int) -> None:
        pass


class Crowd:
    """Live receivers of one room. `hear`: a burst of messages comes in. `deliver`: one round of the deliverer."""

    def __init__(self) -> None:
        self.deliverer = Deliverer()
        self.rings = 0
        self.deliverer._ring = self._ring  # type: ignore[method-assign]
        self.bench = Bench()
        top = self.bench.store.top(LOG)
        for number in range(RECEIVERS):
            outbox = Outbox(Kernel(), 1 << 20, self.deliverer.schedule)
            dialect = Dialect.NATIVE if number % 2 else Dialect.PLAIN
            self.bench.feed.attach(Delivery(self.bench.feed, outbox, dialect, top, f"s{number}"), top)
        Kernel.calls, Kernel.given = 0, set()

    def _ring(self) -> None:
        self.rings += 1
        self.deliverer._awake = True  # as the loop does when it has heard it

    def hear(self) -> None:
        for _ in range(BURST):
            self.bench.feed.receive(self.bench.publish())
        self.bench.feed.flush()

    def deliver(self) -> None:
        for _ in range(len(self.deliverer._due)):
            self.deliverer._serve(self.deliverer._due.popleft())


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd()
    yield crowd
    crowd.deliverer.close()


def test_a_burst_is_one_send_for_each_receiver_of_bytes_that_all_share(crowd: Crowd) -> None:
    crowd.hear()
    assert crowd.rings == 1
    crowd.deliver()
    assert Kernel.calls == RECEIVERS
    assert len(Kernel.given) == len(Dialect)
    assert not crowd.deliverer._due


def test_bursts_that_pile_up_are_one_send_for_each_receiver(crowd: Crowd) -> None:
    for _ in range(3):
        crowd.hear()
    crowd.deliver()
    assert (Kernel.calls, crowd.rings) == (RECEIVERS, 1)


def test_what_waits_costs_a_receiver_no_copy_and_few_blocks_of_memory(crowd: Crowd) -> None:
    """A number, and nothing that stays; not a byte of the messages themselves."""
    crowd.hear()
    crowd.deliver()  # what is kept from the first time on
    gc.collect()
    gc.disable()
    try:
        before = sys.getallocatedblocks()
        crowd.hear()
        waiting = sys.getallocatedblocks() - before
        crowd.deliver()
        after = sys.getallocatedblocks() - before
    finally:
        gc.enable()
    kept = 10 * BURST  # the entries that the room remembers
    assert waiting <= 2 * RECEIVERS + kept
    assert after <= RECEIVERS // 10 + kept
