"""Signals that the kernel gives to another thread than the one that waits for them."""

from __future__ import annotations

import io
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from cluster.seam import ClusterEvents, ClusterSeam
from node import command, real
from node.logs import open_log
from node.main import INTERRUPTED, OK, Node
from node.settings import NodeSettings
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import HERE, running

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def former() -> Iterator[dict[signal.Signals, object]]:
    """The handlers before the test, which are put back after it."""
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    yield dict(handlers)
    for each, handler in handlers.items():
        signal.signal(each, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, OK), (signal.SIGINT, INTERRUPTED)])
def test_a_signal_that_another_thread_gets_stops_the_node(
    number: signal.Signals, code: int, former: dict[signal.Signals, object]
) -> None:
    with running(FakeCluster(Store())) as node:
        got: list[int] = []

        def send() -> None:
            # The node has its own handlers from the moment at which it is about to wait.
            while signal.getsignal(signal.SIGINT) == former[signal.SIGINT]:
                time.sleep(0.005)
            signal.pthread_kill(threading.get_ident(), number)
            if not done.wait(5):
                node._fail()

        done = threading.Event()
        sender = threading.Thread(target=send)
        sender.start()
        try:
            got.append(node.wait())
        finally:
            done.set()
            sender.join()
    assert got == [code]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, OK), (signal.SIGINT, INTERRUPTED)])
@pytest.mark.usefixtures("former")
def test_a_signal_while_the_node_starts_stops_it_in_order(
    number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, start = FakeCluster(Store()), Node.start

    def interrupted(node: Node) -> None:
        assert signal.getsignal(number) == node._on_signal
        signal.raise_signal(number)
        start(node)

    def make(events: ClusterEvents, *_: str) -> ClusterSeam:
        cluster.events = events
        return cluster

    def opened(settings: NodeSettings) -> Node:
        return Node(settings, open_log(settings.id, "json", io.StringIO()), make)

    monkeypatch.setattr(Node, "start", interrupted)
    monkeypatch.setattr(real, "open_node", opened)
    assert command._run(NodeSettings(id="n1", listen=HERE, redis="redis://nowhere/0", http=HERE)) == code
    assert cluster.stopped
