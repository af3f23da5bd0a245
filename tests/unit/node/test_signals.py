"""Signals that the kernel gives to another thread than the one that waits for them."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from node.main import INTERRUPTED, OK
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import running


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, OK), (signal.SIGINT, INTERRUPTED)])
def test_a_signal_that_another_thread_gets_stops_the_node(number: signal.Signals, code: int) -> None:
    former = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
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
            for each, handler in former.items():
                signal.signal(each, handler)
    assert got == [code]
