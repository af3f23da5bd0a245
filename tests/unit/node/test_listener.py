"""The accepting thread when the process has nothing left, and what others are told of where we are."""

from __future__ import annotations

import errno
import socket
from typing import Any, cast

import pytest

from node.doors import reachable
from node.listener import Listener
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, log_of, running
from wire import Address


def test_no_descriptor_left_is_a_pause_and_not_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the network, or a firewall, did to one client is told to whoever accepts (Linux): no reason to end either.
    failures = [errno.EMFILE, errno.ECONNABORTED, errno.ENFILE, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EPERM]
    monkeypatch.setattr("node.listener.PAUSE", 0.01)
    run = Listener.run

    class Exhausted:
        def __init__(self, sock: socket.socket) -> None:
            self.sock = sock

        def accept(self) -> Any:
            if failures:
                raise OSError(failures.pop(0), "no more")
            return self.sock.accept()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.sock, name)

        def __enter__(self) -> Exhausted:
            return self

        def __exit__(self, *_: object) -> None:
            self.sock.close()

    def exhausted(listener: Listener) -> None:
        listener._sock = cast("socket.socket", Exhausted(listener._sock))
        run(listener)

    monkeypatch.setattr(Listener, "run", exhausted)
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.enter("alice")
    assert [line["event"] for line in log_of(node)].count("exhausted") == 2
    assert failures == []


def test_a_wildcard_is_no_place_to_go_to() -> None:
    here = socket.gethostname()
    assert reachable(Address("0.0.0.0", 7701)) == Address(here, 7701)
    assert reachable(Address("::", 7801), "n1") == Address("n1", 7801)
    assert reachable(Address("10.0.0.1", 7801), "n1") == Address("10.0.0.1", 7801)
