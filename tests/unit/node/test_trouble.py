"""What a node does when Redis, a client, or the node itself is in trouble."""

from __future__ import annotations

from typing import Any

import pytest

from cluster.errors import Unavailable
from cluster.seam import Health
from cluster.types import Claimed
from node.connection import Connection
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, get, log_of, plain, running
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.frames import Accepted, Ack, Error, Gap, Hello, Message, Ping, Pong, Receipt, Recovered, Say, ServerFrame


def test_window() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, window=3) as node, Native(node) as alice:
        alice.enter("alice")
        cluster.hold_says = True
        for n in range(1, 6):
            alice.say(Say(n=n, to="#lobby", text="x"))
        refused = [alice.expect(Error) for _ in range(2)]
        assert [(each.n, each.code) for each in refused] == [(4, Code.WINDOW_FULL), (5, Code.WINDOW_FULL)]
        cluster.release_says()
        assert [alice.expect(Accepted).n for _ in range(3)] == [1, 2, 3]
        alice.say(Say(n=5, to="#lobby", text="x"))
        skipped = alice.expect(Error)
        assert (skipped.code, skipped.n, skipped.last) == (Code.OUT_OF_ORDER, 5, 3)
        alice.say(Say(n=2, to="#lobby", text="x"))
        assert alice.expect(Accepted).n == 2


def test_the_window_is_open_again_before_the_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    tell = Connection.tell

    def watched(connection: Connection, frame: ServerFrame) -> bool:
        if isinstance(frame, Accepted) and connection.session is not None:
            seen.append(connection.session.unanswered)
        return tell(connection, frame)

    monkeypatch.setattr(Connection, "tell", watched)
    with running(FakeCluster(Store()), window=1) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Say(n=1, to="#lobby", text="x"))
        alice.expect(Accepted)
    assert seen == [0]


def test_what_cannot_be_said_uses_up_its_n() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Say(n=1, to="#lobby", text="\x1b[2J"))
        alice.say(Say(n=2, to="nowhere", text="x"))
        alice.say(Say(n=3, to="@nobody", text="x"))
        alice.put('{"op":"say","n":4,"to":"#lobby","text":7}\n')
        alice.say(Say(n=5, to="#lobby", text="x"))
        errors = [alice.expect(Error) for _ in range(4)]
        assert [(each.n, each.code) for each in errors] == [
            (1, Code.BAD_TEXT),
            (2, Code.BAD_ROOM),
            (3, Code.NO_SUCH_NICK),
            (4, Code.BAD_FRAME),
        ]
        assert alice.expect(Accepted).n == 5
        alice.say(Say(n=4, to="#lobby", text="again"))
        assert alice.expect(Error).code == Code.BAD_FRAME


def test_degraded_takes_nothing_and_a_plain_line_waits() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice, plain(node, "bob") as bob:
        alice.enter("alice")
        cluster.turn(Health.DEGRADED)
        assert get(node, "/readyz") == (404, "degraded\n")
        assert get(node, "/healthz")[0] == 200
        alice.say(Say(n=1, to="#lobby", text="lost?"))
        refused = alice.expect(Error)
        assert (refused.code, refused.n) == (Code.DEGRADED, 1)
        bob.put("one\ntwo\n")
        bob.lines_until("your line waits")
        with Native(node) as late:
            late.say(Hello(nick="late"))
            assert late.expect(Error).code == Code.DEGRADED
            assert late.rest() == []
        cluster.turn(Health.SERVING)
        assert get(node, "/readyz") == (200, "serving\n")
        assert bob.lines_until("bob: two")[-2:] == ["bob: one", "bob: two"]
        alice.say(Say(n=1, to="#lobby", text="now"))
        assert alice.expect(Accepted).n == 1
    assert [line["event"] for line in log_of(node) if line["event"] in ("ready", "degraded", "serving")] == [
        "ready",
        "degraded",
        "serving",
    ]


def test_acknowledgements_are_told_up_to_the_last_one_and_not_while_redis_is_away() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        for n in range(1, 11):
            cluster.store.append(f"@{welcome.session}", "receipt", welcome.session, n, "bob", "sent")
            alice.expect(Receipt)  # nothing counts as acknowledged that was not offered
        for offset in range(1, 11):
            alice.say(Ack(cursors={"@": ("E1", offset)}))
        cluster.await_call("acknowledge", welcome.session, "10", "received")
        cluster.turn(Health.DEGRADED)
        alice.say(Ack(cursors={"@": ("E1", 10)}))
        alice.say(Ping(id=1))
        alice.expect(Pong)
        told = len(cluster.calls)
        node.house.roster.all()[0].acks.tick(node.house.roster.all()[0])
        assert len(cluster.calls) == told


def test_acknowledgements_are_told_again_to_a_redis_that_may_have_forgotten_them() -> None:
    """Else what was read and lost would look unread for ever, and its sender be told so in the end."""
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        cluster.store.append(f"@{welcome.session}", "receipt", welcome.session, 1, "bob", "sent")
        alice.expect(Receipt)
        alice.say(Ack(cursors={"@": ("E1", 1)}))
        cluster.await_call("acknowledge", welcome.session, "1", "received")
        cluster.calls.clear()
        assert cluster.events is not None
        cluster.events.on_recovered([])
        cluster.await_call("acknowledge", welcome.session, "1", "received")


def test_an_unknown_outcome_is_said_again_for_a_plain_client() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, plain(node, "bob") as bob:
        cluster.answers = [Unavailable(), Unavailable()]
        bob.put("one\ntwo\n")
        assert bob.lines_until("bob: two")[-2:] == ["bob: one", "bob: two"]
        assert [e.text for e in cluster.store.logs["#lobby"] if e.kind == "message"] == ["one", "two"]


def test_entries_that_the_subscription_lost_are_fetched() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, plain(node, "alice") as alice, Native(node) as bob:
        bob.enter("bob")
        cluster.mute = True
        alice.put("one\ntwo\n")
        wait_for(lambda: len(cluster.store.logs["#lobby"]) == 4)
        cluster.failing_reads = 2
        cluster.mute = False
        cluster.beat()
        cluster.beat()
        assert [bob.expect(Message).text for _ in range(2)] == ["one", "two"]
        cluster.mute = True
        alice.put("three\n")
        wait_for(lambda: len(cluster.store.logs["#lobby"]) == 5)
        cluster.mute = False
        alice.put("four\n")
        assert [bob.expect(Message).text for _ in range(2)] == ["three", "four"]


def test_a_rewind_is_told_and_nothing_of_the_new_epoch_is_skipped() -> None:
    store = Store()
    cluster = FakeCluster(store)
    with running(cluster) as node, Native(node) as alice:
        alice.enter("alice")
        for n in range(1, 4):
            alice.say(Say(n=n, to="#lobby", text=str(n)))
            alice.expect(Message)
        store.rewind("E2", {"#lobby": 2})
        store.append("#lobby", "message", "s", 9, "bob", "new")
        assert cluster.events is not None
        cluster.events.on_recovered([])
        gap = alice.expect(Gap)
        assert (gap.former, gap.complete, gap.first, gap.last, gap.offset) == ("E1", 4, 5, 0, 0)
        new = alice.expect(Message)
        assert (new.text, new.epoch, new.offset) == ("new", "E2", 3)
        record = cluster.events.local_sessions()[0]
        assert (record.n, record.rooms, record.positions["#lobby"].epoch) == (3, ("#lobby",), "E2")


def test_a_session_that_recovery_lost_is_to_be_asked_for_elsewhere() -> None:
    """It may have moved while this node was away; a client that is told that it is over would begin another one."""
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        assert cluster.events is not None
        cluster.events.on_recovered([welcome.session])
        assert alice.expect(Error).code == Code.LEASE_LOST


def test_a_lost_lease_drops_all_sessions_resumably_and_serves_again() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice, plain(node, "bob") as bob:
        alice.enter("alice")
        assert cluster.events is not None
        cluster.boot = "n1-second"
        cluster.events.on_lease_lost()
        assert alice.expect(Error).code == Code.LEASE_LOST
        assert alice.rest() == []
        assert "lost its place" in bob.rest()[-1]
        alice.sock.close()
        bob.sock.close()
        wait_for(lambda: len(node.house.roster) == 0)
        assert cluster.calls == []
        with Native(node) as carol:
            carol.enter("carol")


def test_a_lease_that_is_lost_while_a_claim_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster(Store())
    claim = cluster.claim

    def slow(*arguments: Any) -> Claimed:
        claimed = claim(*arguments)
        assert cluster.events is not None
        cluster.boot = "n1-second"
        cluster.events.on_lease_lost()
        return claimed

    monkeypatch.setattr(cluster, "claim", slow)
    with running(cluster) as node, Native(node) as alice:
        alice.say(Hello(nick="alice"))
        assert alice.expect(Error).code == Code.LEASE_LOST
        assert len(node.house.registry) == 0


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "read"])
def test_a_recovery_is_told_and_what_was_lost_is_taken_again_late(heard: bool) -> None:
    store = Store()
    cluster = FakeCluster(store)
    with running(cluster) as node, Native(node) as alice, plain(node, "bob") as bob:
        alice.enter("alice")
        cluster.mute = True  # had bob heard it, nothing would be told to a plain client twice
        alice.say(Say(n=1, to="@bob", text="psst"))
        place = alice.expect(Accepted)
        store.rewind("E2", dict.fromkeys(store.logs, 1))
        assert cluster.events is not None
        cluster.events.on_recovered([])
        cluster.events.on_opened()
        alice.expect(Recovered)
        cluster.mute = not heard
        alice.say(Say(n=1, to="@bob", text="psst", again=(place.epoch, place.offset)))
        assert alice.expect(Accepted).epoch == "E2"
        cluster.mute = False
        cluster.beat()
        cluster.beat()  # what it has not heard it misses at the second one
        assert bob.lines_until("psst")[-1] == "(late) @alice -> you: psst"
        alice.say(Say(n=1, to="@bob", text="psst", again=(place.epoch, place.offset)))
        alice.expect(Accepted)
        assert cluster.calls[-1] == ("again", "1", "E1", "1")
        alice.say(Say(n=2, to="@bob", text="more"))
        assert bob.lines_until("more")[-1] == "@alice -> you: more"
