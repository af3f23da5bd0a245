"""A hello that fails where nobody expected it costs its client a connection, and the node nothing."""

from __future__ import annotations

from typing import Any

import pytest

from node.verbs import taking
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, log_of, running
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.frames import Error, Hello, Welcome

TOKEN = "t" * 22


def broken(*_: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("step", ["_claim", "settle", "welcome", "attach_all"])
def test_a_hello_that_fails_leaves_nothing_behind(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster(Store())
    with running(cluster, hellos=2) as node:
        with monkeypatch.context() as patch:
            patch.setattr(taking, step, broken)
            for _ in range(3):  # more than there are threads
                with Native(node) as client:
                    client.say(Hello(nick="alice", token=TOKEN))
                    assert client.expect(Error).code == Code.BUSY
                    assert client.rest() == []
        wait_for(lambda: len(node.house.roster) == 0)
        assert node.house.admission._free == 2
        assert node.house.rooms.logs() == [], "a room is held for nobody"
        with Native(node) as client:
            client.say(Hello(nick="alice", token=TOKEN))
            client.expect(Welcome)
    assert "error" in {line["event"] for line in log_of(node)}


def test_a_session_whose_hello_failed_once_it_was_begun_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as client:
        monkeypatch.setattr(taking, "welcome", broken)
        client.say(Hello(nick="alice", token=TOKEN))
        client.expect(Error)
        cluster.await_call("away")
