"""How fast connections may come from one address, at the door and over several nodes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from cluster.errors import Degraded
from node import crush as crush_module, gate as gate_module, listener as listener_module
from node.admission import LEAST_BACK, MOST_BACK
from node.crush import Crush
from node.gate import LIMIT, QUIET, Gate
from node.limited import Limited
from node.logs import open_log
from node.main import Node
from node.metrics import Metrics
from node.settings import NodeSettings
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, running
from tests.unit.node.test_arrival import LINE, LOCAL, Behind, limited
from tests.unit.node.test_connection_limits import refusal
from wire import Address, Code
from wire.frames import Error

HERE = Address("127.0.0.1", 0)
NEVER = 0.001
ALICE = "192.0.2.7:5000"
STRICT: dict[str, Any] = {"address_connect_rate": NEVER, "address_connect_burst": 2, "exempt": ()}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the gate takes for the time; to be changed in place."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def gate(store: Store | None = None, node: str = "n1", **limits: Any) -> Gate:
    wanted: dict[str, Any] = {"address_connect_rate": 10.0, "address_connect_burst": 5, **limits}
    told = NodeSettings(id=node, listen=HERE, redis="redis://nowhere/0", http=HERE, **wanted)
    return Gate(told, FakeCluster(store or Store(), node))


def test_a_burst_comes_in_then_as_many_as_the_rate_lets(clock: list[float]) -> None:
    door = gate()
    assert [door.refuses(f"192.0.2.7:{port}") is None for port in range(7)] == [True] * 5 + [False] * 2
    assert door.refuses("192.0.2.8:1") is None, "another address has its own"
    clock[0] += 0.3
    assert [door.refuses(ALICE) is None for _ in range(5)] == [True] * 3 + [False] * 2


def test_who_is_refused_is_told_when_to_come_and_a_flood_is_not(clock: list[float]) -> None:
    door = gate(address_connect_burst=1)
    assert door.refuses(ALICE) is None
    told = [door.refuses(ALICE) for _ in range(gate_module.WORDS_BURST)]
    assert all(isinstance(one, Error) and one.code == Code.RATE_LIMITED for one in told)
    assert all(one and 100 + LEAST_BACK <= one.after <= 101 + MOST_BACK for one in told), "each at another time"
    assert {door.refuses(ALICE) for _ in range(50)} == {QUIET}
    clock[0] += 1 / gate_module.WORDS_RATE
    assert door.refuses(ALICE) is None
    assert door.refuses(ALICE) not in (None, QUIET), "who waits is told again"


@pytest.mark.parametrize(
    ("first", "second"),
    [("[2001:db8:1:2::9]:1", "[2001:db8:1:2:ffff::1]:2"), ("[::ffff:192.0.2.7]:1", "192.0.2.7:9")],
)
def test_what_counts_as_one_address(clock: list[float], first: str, second: str) -> None:
    door = gate(address_connect_burst=1)
    assert door.refuses(first) is None
    assert door.refuses(second) is not None


@pytest.mark.parametrize("settings", [{"exempt": ("192.0.2.0/24",)}, {"address_connect_rate": 0.0}], ids=str)
def test_for_whom_there_is_no_limit(clock: list[float], settings: dict[str, Any]) -> None:
    door = gate(address_connect_burst=1, **settings)
    assert not any(door.refuses(ALICE) for _ in range(50))
    assert len(door) == 0, "nor is anything remembered"


def test_an_address_has_the_same_bucket_at_each_node(clock: list[float]) -> None:
    store = Store()
    one, two = gate(store), gate(store, "n2")
    assert not any(one.refuses(ALICE) for _ in range(5))
    one.step()
    assert two.refuses(ALICE) is None, "it has not heard of them yet"
    two.step()
    assert two.refuses(ALICE) is not None
    one.step()
    assert store.addresses["connects:192.0.2.7"] == (600, 0), "each is told once"
    assert store.addresses.keys() == {"connects:192.0.2.7"}


def test_who_comes_now_and_then_is_nothing_to_tell_the_others(clock: list[float]) -> None:
    store = Store()
    door = gate(store)
    assert door.refuses(ALICE) is None
    clock[0] += 1
    door.step()
    assert not store.addresses
    door.sweep(clock[0] + 60)
    assert len(door) == 0


def test_what_could_not_be_told_is_told_later_without_what_has_come_back(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store()
    door = gate(store)
    for _ in range(4):
        door.refuses(ALICE)
    with monkeypatch.context() as patch:
        patch.setattr(door._cluster, "addresses", lambda _: (_ for _ in ()).throw(Degraded()))
        door.step()
    assert not store.addresses
    clock[0] += 0.2
    door.step()
    assert store.addresses["connects:192.0.2.7"] == (200, 0)


def test_an_address_is_remembered_while_it_owes_something(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    door = gate()
    door.refuses(ALICE)
    door.sweep(clock[0])
    assert len(door) == 1
    monkeypatch.setattr(gate_module, "MOST", 3)
    for number in range(9):
        door.refuses(f"192.0.2.{number}:1")
    door.sweep(clock[0])
    assert len(door) == 0, "rather than without end"


def test_an_address_presses_once_a_part_of_its_burst_is_gone(clock: list[float]) -> None:
    door = gate(address_connect_burst=100)
    assert not door.presses(ALICE), "nobody has come"
    pressed = [door.refuses(ALICE) or door.presses(ALICE) for _ in range(8)]
    assert pressed == [False] * 5 + [True] * 3
    assert not door.presses("192.0.2.8:1")
    clock[0] += 0.3
    assert not door.presses(ALICE)
    free = gate(address_connect_burst=1, exempt=("192.0.2.0/24",))
    assert not free.refuses(ALICE)
    assert not free.presses(ALICE)


# -- at a node ------------------------------------------------------------------------------------


def test_who_connects_too_fast_gets_no_thread_but_words() -> None:
    with running(FakeCluster(Store()), **STRICT) as node, Native(node) as one, Native(node) as two:
        one.enter("one")
        for _ in range(3):
            with Native(node) as refused:
                words = refusal(refused)
                assert words.code == Code.RATE_LIMITED
                assert words.after >= 1000, "the bucket's own time is in it"
                assert refused.rest() == []
        assert limited(node, LIMIT) == 3
        assert len(node.house.roster) == 2
        two.enter("two")


def test_a_flood_is_reset_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "WORDS_BURST", 1)
    monkeypatch.setattr(gate_module, "WORDS_RATE", NEVER)
    with running(FakeCluster(Store()), **STRICT) as node, Native(node) as one, Native(node), Native(node) as told:
        assert refusal(told).code == Code.RATE_LIMITED
        assert [_end(node) for _ in range(40)] == ["reset"] * 40
        one.enter("one")
    assert _counted(node) == 41


def test_behind_a_balancer_the_address_in_the_header_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "WORDS_BURST", 1)
    monkeypatch.setattr(gate_module, "WORDS_RATE", NEVER)
    settings = {**STRICT, "proxy_from": LOCAL}
    with running(FakeCluster(Store()), **settings) as node, Behind(node, LINE) as one, Behind(node, LINE):
        with Behind(node, LINE) as told:
            assert told.refusal().code == Code.RATE_LIMITED
        assert all(_end(node, LINE) in ("reset", "b''") for _ in range(5))
        with Behind(node, LINE.replace(b".7 ", b".8 ")) as other:
            other.enter("other")
        one.enter("one")
    assert _counted(node) == 6


def test_those_of_an_address_that_presses_come_in_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "SPACE", 3600.0)
    settings = {**STRICT, "address_connect_burst": 40}
    with running(FakeCluster(Store()), **settings) as node, ExitStack() as stack:
        inside = [stack.enter_context(Native(node)) for _ in range(3)]
        waits = stack.enter_context(socket.create_connection(node.address, 5))
        waits.settimeout(0.3)
        with pytest.raises(TimeoutError):
            waits.recv(1)
        for number, client in enumerate(inside):
            client.enter(f"n{number}")


def test_a_node_that_leaves_waits_for_no_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crush_module, "REST", 3600.0)
    monkeypatch.setattr(gate_module, "WORDS_BURST", 1)
    with running(FakeCluster(Store()), **STRICT) as node, Client(node), Client(node), Client(node):
        assert _end(node) == "reset"
    assert _counted(node) == 2


def _end(node: Node, header: bytes = b"") -> str:
    try:
        with socket.create_connection(node.address, 5) as sock:
            sock.sendall(header)
            return repr(sock.recv(100))
    except ConnectionError:
        return "reset"


def _counted(node: Node) -> float:
    (sample,) = [
        sample
        for family in node.house.metrics.limited.collect()
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["limit"] == LIMIT
    ]
    return sample.value


# -- in bulk --------------------------------------------------------------------------------------


class Rests(threading.Event):
    """Nobody sleeps; `count`: how often somebody would have."""

    count = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.count += 1
        return False


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as sock:
        yield sock


def test_those_that_wait_are_closed_together_and_then_it_rests(
    door: socket.socket, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, rests = Metrics(), Rests()
    crush = Crush(door, LIMIT, Limited(metrics.limited, open_log("n1", "json")), rests)
    clients = [socket.create_connection(door.getsockname(), 5) for _ in range(10)]
    for number in range(10):
        assert rests.count == 0, f"there are more, after {number}"
        crush.refuse(door.accept()[0], ALICE)
    assert rests.count == 1
    assert metrics.limited.labels(LIMIT)._value.get() == 10
    for client in clients:
        client.close()


def test_a_bulk_has_an_end(door: socket.socket, clock: list[float]) -> None:
    rests = Rests()
    crush = Crush(door, LIMIT, Limited(Metrics().limited, open_log("n1", "json")), rests)
    clients = [socket.create_connection(door.getsockname(), 5) for _ in range(10)]
    for _ in range(8):
        clock[0] += crush_module.WORK * 0.6
        crush.refuse(door.accept()[0], ALICE)
    assert rests.count == 2
    for client in clients:
        client.close()
