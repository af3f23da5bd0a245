"""Draining, deafness, and what stops a node."""

from __future__ import annotations

import threading

import pytest

from cluster.seam import Health
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, get, info, log_of, pair, plain, running
from wire import Code
from wire.frames import Accepted, Error, Hello, Reconnect, Say, Welcome


def test_drain_sends_native_clients_to_a_node_that_serves() -> None:
    store, one, two = pair()
    with running(two) as n2:
        with running(one) as n1, Native(n1) as alice, plain(n1, "bob") as bob:
            one.infos = [info(n2, "n2")]
            welcome = alice.enter("alice")
            stopping = threading.Thread(target=n1.stop)
            stopping.start()
            moved = alice.expect(Reconnect)
            assert (moved.code, moved.where) == (Code.DRAINING, str(n2.address))
            assert 0 <= moved.after <= 1000
            with Native(n2) as again:
                again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
                again.expect(Welcome)
                assert alice.expect(Error).code == Code.TAKEN_OVER
                alice.sock.close()
                lines = bob.rest()
                assert "please connect again" in lines[-2]
                one.await_call("end")
                stopping.join(10)
        assert "away" not in [call[0] for call in one.calls]
        assert list(store.nicks) == ["alice"]
    events = [line["event"] for line in log_of(n1)]
    assert events[-1] == "stopped"
    assert "error" not in events
    assert "draining" in events


def test_without_another_node_stopping_is_fast_and_resumable() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        node.stop()
        assert alice.expect(Error).code == Code.DRAINING
        cluster.await_call("away", welcome.session)
        assert cluster.stopped


def test_a_deaf_node_sends_its_clients_to_one_that_is_well() -> None:
    _, one, two = pair()
    with running(two) as n2, running(one) as n1, Native(n1) as alice:
        alice.enter("alice")
        one.infos = [info(n2, "n2")]
        one.turn(Health.DEAF)
        assert get(n1, "/readyz") == (404, "deaf\n")
        moved = alice.expect(Reconnect)
        assert (moved.code, moved.where) == (Code.DEAF, str(n2.address))


def test_clients_of_a_deaf_node_stay_if_no_other_is_well() -> None:
    _, one, two = pair()
    with running(two) as n2, running(one) as n1, Native(n1) as alice:
        alice.enter("alice")
        one.infos = [info(n2, "n2")]
        two.turn(Health.DEAF)
        one.turn(Health.DEAF)
        alice.say(Say(n=1, to="#lobby", text="x"))
        assert alice.expect(Accepted).n == 1


def test_a_supervised_thread_that_dies_stops_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(FakeCluster(Store())) as node:

        def broken(_: float) -> None:
            raise RuntimeError("boom")

        monkeypatch.setattr(node.house.rooms, "sweep", broken)
        assert node.wait() == 1
    died = [line for line in log_of(node) if line.get("thread") == "tick"]
    assert "boom" in died[0]["traceback"]


def test_superseded_stops_the_node() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node:
        assert cluster.events is not None
        cluster.events.on_superseded()
        assert node.wait() == 1


def test_no_text_and_no_token_is_logged() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        alice.say(Say(n=1, to="#lobby", text="secret-words"))
        alice.expect(Accepted)
    text = str(log_of(node))
    assert "secret-words" not in text
    assert str(welcome.token) not in text
    joined = next(line for line in log_of(node) if line["event"] == "joined")
    assert (joined["node"], joined["nick"], joined["room"]) == ("n1", "alice", "#lobby")
    assert list(joined)[:3] == ["ts", "level", "event"]
