"""Draining, deafness, and what stops a node."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from cluster.seam import Health
from cluster.types import Claimed
from node.drain import Order, Orders
from node.main import Node
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, get, info, log_of, pair, plain, running
from tests.unit.node.waiting import wait_for
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
                # "alice joined" may come on either side of it: another thread brings that.
                assert any("please connect again" in line for line in bob.rest())
                one.await_call("end")
                stopping.join(10)
        assert "away" not in [call[0] for call in one.calls]
        assert list(store.nicks) == ["alice"]
    events = [line["event"] for line in log_of(n1)]
    assert events[-1] == "stopped"
    assert "error" not in events
    assert "draining" in events


def test_an_order_to_drain_knows_of_a_node_that_came_after_the_last_heartbeat() -> None:
    _, one, two = pair()
    with running(two) as n2, running(one) as n1:

        def beat() -> None:
            one.infos = [info(n2, "n2")]

        one.beat_soon = beat  # type: ignore[method-assign]
        orders = Orders(lambda: None)
        orders.put(Order("x1", None, force=False))
        assert orders.judge(n1.house)
        assert n1.house.standing.answer == "x1 accepted 0"


def test_without_another_node_stopping_is_fast_and_resumable() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        node.stop()
        assert alice.expect(Error).code == Code.DRAINING
        cluster.await_call("away", welcome.session)
        assert cluster.stopped


def test_where_all_leave_nobody_waits_for_the_clients_of_the_others() -> None:
    _, one, two = pair()
    # Only the sight of the other one leaving can end this within the test's patience.
    with running(two) as n2, running(one, drain=60.0, stop_within=120.0) as n1, Native(n1) as alice:
        one.infos = [info(n2, "n2")]
        alice.enter("alice")
        stopping = threading.Thread(target=n1.stop)
        stopping.start()
        alice.expect(Reconnect)
        n2.house.standing.leave()
        last = alice.expect(Error)
        assert last.code == Code.DRAINING
        assert "no other one serves" in last.text
        stopping.join(30)
        assert not stopping.is_alive()


def test_nobody_is_sent_to_a_node_that_leaves_whatever_its_heartbeat_said() -> None:
    _, one, two = pair()
    with running(two) as n2, running(one) as n1, Native(n1) as alice:
        one.infos = [info(n2, "n2")]
        alice.enter("alice")
        n2.house.standing.leave()
        n1.stop()
        frames = alice.frames_to_end()
    assert not any(isinstance(frame, Reconnect) for frame in frames)
    assert isinstance(frames[-1], Error)


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


def waiting(node: Node) -> tuple[threading.Thread, list[int]]:
    """A thread in `node.wait`; the exit code when it has one."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(node.wait()), daemon=True)
    thread.start()
    return thread, codes


@pytest.fixture
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the main thread may set a signal's handler; here another one waits."""
    monkeypatch.setattr(signal, "set_wakeup_fd", lambda *_, **__: -1)
    monkeypatch.setattr(signal, "signal", lambda *_: None)


def answered(cluster: FakeCluster, answer: str) -> None:
    """Looking for another node takes a heartbeat out of turn, too."""
    cluster.await_call("beat_soon")
    events = cluster.events
    assert events is not None
    wait_for(lambda: events.status().drain == answer)


def test_an_order_to_drain_is_refused_while_no_other_node_is_ready(no_handlers: None) -> None:
    _, one, two = pair()
    with running(two) as n2, running(one) as n1, Native(n1) as alice:
        one.infos = [info(n2, "n2")]
        n2.house.standing.leave()
        alice.enter("alice")
        thread, codes = waiting(n1)
        assert one.events is not None
        one.events.on_drain("first", None, False)
        answered(one, "first refused")
        assert get(n1, "/readyz")[0] == 200
        one.calls.clear()
        one.events.on_drain("second", None, True)
        thread.join(10)
        assert codes == [0]
        answered(one, "second accepted 1")


def test_an_ordered_drain_takes_its_time_and_tells_each_when(no_handlers: None) -> None:
    _, one, two = pair()
    with running(two) as n2, running(one) as n1, Native(n1) as alice, Native(n1) as bob:
        one.infos = [info(n2, "n2")]
        for client, nick in ((alice, "alice"), (bob, "bob")):
            client.enter(nick)
        thread, codes = waiting(n1)
        assert one.events is not None
        one.events.on_drain("order", 600.0, False)
        thread.join(10)
        assert codes == [0]
        stopping = threading.Thread(target=n1.stop)
        stopping.start()
        waits = {client.expect(Reconnect).after for client in (alice, bob)}
        assert waits == {0, 300_000}
        # A signal is from somebody who does not wait so long.
        n1._cut_at = 0.0
        assert alice.expect(Error).code == Code.DRAINING
        stopping.join(30)
        assert not stopping.is_alive()


def test_who_became_a_session_after_the_drain_began_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    _, one, two = pair()
    asked, answer, claim = threading.Event(), threading.Event(), one.claim

    def slow(*arguments: Any) -> Claimed:
        asked.set()
        assert answer.wait(10)
        return claim(*arguments)

    with running(two) as n2, running(one, drain=60.0, stop_within=120.0) as n1, Native(n1) as alice, Native(n1) as bob:
        one.infos = [info(n2, "n2")]
        alice.enter("alice")
        monkeypatch.setattr(one, "claim", slow)
        bob.say(Hello(nick="bob"))
        assert asked.wait(10)
        stopping = threading.Thread(target=n1.stop)
        stopping.start()
        alice.expect(Reconnect)
        answer.set()
        assert bob.expect(Reconnect).where == str(n2.address)
        for client in (alice, bob):
            client.sock.close()
        stopping.join(30)
        assert not stopping.is_alive()
