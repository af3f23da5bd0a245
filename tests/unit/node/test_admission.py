"""A bounded number of hellos at once, a bounded line, and a word for the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from node.admission import LEAST_BACK, MOST_BACK, Admission
from node.metrics import Metrics
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, running
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.frames import Error, Hello, Welcome

LONG = 20.0


class Bench:
    """Threads that want in, in the order of their names."""

    def __init__(self, at_once: int, line: int, patience: float = LONG) -> None:
        self.metrics = Metrics()
        self.admission = Admission(at_once, line, self.metrics, patience)
        self.inside: list[int] = []
        self.refused: list[int] = []
        self._out: dict[int, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def come(self, number: int) -> None:
        """Returns when it is inside, in the line, or refused."""
        before = len(self.inside) + len(self.refused) + self.waiting
        self._out[number] = threading.Event()
        thread = threading.Thread(target=self._stay, args=(number,))
        self._threads.append(thread)
        thread.start()
        wait_for(lambda: len(self.inside) + len(self.refused) + self.waiting > before)

    def go(self, number: int) -> None:
        self._out[number].set()

    def end(self) -> None:
        for out in self._out.values():
            out.set()
        for thread in self._threads:
            thread.join(LONG)

    @property
    def waiting(self) -> int:
        return len(self.admission._line)

    def _stay(self, number: int) -> None:
        with self.admission.turn() as admitted:
            (self.inside if admitted else self.refused).append(number)
            if admitted:
                self._out[number].wait(LONG)


@contextmanager
def bench(at_once: int, line: int, patience: float = LONG) -> Iterator[Bench]:
    made = Bench(at_once, line, patience)
    try:
        yield made
    finally:
        made.end()


def test_the_line_is_served_in_its_order() -> None:
    with bench(at_once=2, line=10) as door:
        for number in range(5):
            door.come(number)
        assert (door.inside, door.waiting) == ([0, 1], 3)
        door.go(1)
        wait_for(lambda: door.inside == [0, 1, 2])
        door.go(0)
        wait_for(lambda: door.inside == [0, 1, 2, 3])
        assert door.refused == []


def test_who_finds_the_line_full_is_refused_at_once() -> None:
    with bench(at_once=1, line=1) as door:
        for number in range(4):
            door.come(number)
        assert (door.inside, door.waiting, door.refused) == ([0], 1, [2, 3])
        assert b"hydrachat_hellos_turned_away_total 2.0" in door.metrics.render()


def test_who_waits_too_long_is_refused_and_its_place_is_free_again() -> None:
    with bench(at_once=1, line=1, patience=0.05) as door:
        door.come(0)
        door.come(1)
        wait_for(lambda: door.refused == [1])
        assert door.waiting == 0
        door.go(0)
        wait_for(lambda: door.admission._free == 1)


def test_a_node_that_leaves_wakes_the_line() -> None:
    with bench(at_once=1, line=10) as door:
        for number in range(3):
            door.come(number)
        door.admission.close()
        wait_for(lambda: sorted(door.refused) == [1, 2])


def test_a_hello_without_a_turn_is_told_when_to_come_back() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, hellos=0, hello_line=0) as node, ExitStack() as stack:
        times = []
        for number in range(8):
            client = stack.enter_context(Native(node))
            client.say(Hello(nick=f"bob{number}"))
            error = client.expect(Error)
            assert error.code == Code.BUSY
            times.append(error.after)
            assert client.rest() == []
        assert all(LEAST_BACK <= time <= MOST_BACK for time in times)
        assert len(set(times)) > 1
        plain = stack.enter_context(Client(node))
        plain.put("alice\n")
        assert plain.rest() == ["! too many come at once; connect again in a moment"]
        assert cluster.store.rows == {}


def test_a_hundred_who_come_at_once_all_get_in() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, hellos=3) as node, ExitStack() as stack:
        clients = [stack.enter_context(Native(node)) for _ in range(100)]
        for number, client in enumerate(clients):
            client.say(Hello(nick=f"p{number}"))
        for client in clients:
            client.expect(Welcome)
        wait_for(lambda: node.house.admission._free == 3)  # given back behind the welcome
