"""How long threads wait for the interpreter. What becomes of a crowd without that: `tests/blackbox/test_crowd.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from node import real
from node.command import node as command
from node.process import wait_patiently
from node.ticker import Ticker
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, running
from tests.unit.node.waiting import wait_for


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize(("connections", "seconds"), [(0, 0.05), (1000, 0.05), (4000, 0.2), (20_000, 0.5)])
def test_the_more_there_are_the_longer_each_waits_before_it_demands(connections: int, seconds: float) -> None:
    wait_patiently(connections)
    assert sys.getswitchinterval() == pytest.approx(seconds)
    assert connections / seconds <= 40_000, "that many wake for nothing in a second, where all of them wait"


def test_a_node_waits_patiently_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[float] = []

    class Built:
        def heed_signals(self) -> None: ...
        def stop(self) -> None: ...

        def start(self) -> None:
            found.append(sys.getswitchinterval())

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(real, "open_node", lambda settings: Built())
    for name in ("collect_rarely", "allow_many_descriptors"):
        monkeypatch.setattr(f"node.command.{name}", lambda: 1000)
    words = ["--id", "n1", "--listen", "127.0.0.1:0", "--redis", "redis://127.0.0.1:1/0", "--http", "127.0.0.1:0"]
    done = CliRunner().invoke(command, words, standalone_mode=False)
    assert done.exception is None
    assert found == [pytest.approx(0.05)]


def test_it_goes_with_the_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setattr("node.ticker._CROWD", 1)
    monkeypatch.setattr("node.ticker.wait_patiently", heard.append)
    with running(FakeCluster(Store())) as node:
        ticker = Ticker(node.house)

        def looked() -> list[int]:
            heard.clear()
            ticker.tick(0.0)
            return list(heard)

        with Native(node) as ann:
            ann.enter("ann")
            assert looked() == [], "what it began with is enough for one"
            with Native(node) as bob:
                bob.enter("bob")
                assert looked() == [2]
                bob.sock.close()
                wait_for(lambda: len(node.house.roster.all()) == 1)
            assert looked() == [1], "and back again"
            assert looked() == []
