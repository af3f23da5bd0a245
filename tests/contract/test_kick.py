"""A kick ends a session once, wherever it is, and stays so."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.errors import Fenced, Refused
from cluster.operator import acting, acts
from cluster.seam import Health
from cluster.types import Position, Reason
from tests.contract.desk import desk_at
from tests.contract.lives import wait_healed, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Node, Space, User, hashed
from tests.support.waiting import wait_until


def left(space: Space, room: str = LOBBY) -> list[tuple[str, str]]:
    return [(fields["nick"], fields["text"]) for fields in space.kinds(room, "left")]


def traces(space: Space, user: User) -> list[str]:
    """What is left of the session in Redis, but for the mark that it has ended."""
    keys = space.admin.keys(space.key(f"*{user.session}*"))
    listed = [
        key for key in space.admin.keys(space.key("node:*:sessions")) if user.session in space.admin.smembers(key)
    ]
    return [key for key in keys if "ended:" not in key and not key.endswith(":late")] + listed


def test_a_kick_ends_the_session_at_once_and_tells_its_node_why(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    bob.join("#ops")
    with desk_at(space) as at:
        assert acts.kick(at, "bob", "too loud") == acts.Kicked("Bob", "n2", "here", [LOBBY, "#ops"])
        assert acts.kick(at, "bob", "too loud") is None
    assert left(space) == left(space, "#ops") == [("Bob", "kicked too loud")]
    assert space.admin.hgetall(space.key("presence")) == {"Alice": "n1 here"}
    assert traces(space, bob) == []
    two.events.wait(lambda: (bob.session, "") in two.events.taken, "its node hears of it")
    assert two.events.ends[bob.session] == "kicked too loud"
    one.events.wait(lambda: any(entry.kind == "left" for entry in one.events.entries), "the others hear of it")
    assert isinstance(alice.said("still here").position, Position)


def test_who_was_kicked_is_told_so_at_each_door(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    bob = one.claim("Bob")
    with desk_at(space) as at:
        acts.kick(at, "bob", "spam")
    said = bob.say("one more")
    assert isinstance(said, Fenced)
    assert said.ended == "kicked spam"
    with pytest.raises(Fenced) as fenced:
        bob.join("#ops")
    assert fenced.value.ended == "kicked spam"
    for node in (one, two):
        with pytest.raises(Refused) as refused:
            bob.resume_at(node)
        assert (refused.value.reason, refused.value.detail) == (Reason.KICKED, "spam")
        with pytest.raises(Refused) as refused:  # the hello that began it, said again
            node.cluster.claim(bob.session, "another", bob.name, [], hashed(bob.token), "192.0.2.1:5")
        assert refused.value.reason == Reason.KICKED
    assert two.claim("Bob").session != bob.session, "the person may come back"


def test_who_is_away_is_kicked_and_can_not_come_back(space: Space) -> None:
    node = space.serve("n1")
    bob = node.claim("Bob")
    bob.away()
    node.events.wait(lambda: space.row(bob)["state"] == "away", "away")
    with desk_at(space) as at:
        kicked = acts.kick(at, "bob", "")
        assert kicked is not None
        assert kicked.state == "away"
    with pytest.raises(Refused) as refused:
        bob.resume_at(node)
    assert (refused.value.reason, refused.value.detail) == (Reason.KICKED, "")
    assert left(space) == [("Bob", "kicked")]
    assert space.admin.ttl(space.key(f"ended:{bob.session}")) > 1800


def test_who_is_at_a_dead_node_is_kicked_and_reaped_by_nobody(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    bob, carol = one.claim("Bob"), one.claim("Carol")
    one.stop()
    space.end_hold()
    with desk_at(space) as at:
        assert acts.kick(at, "bob", "") is not None
    wait_until(lambda: space.row(carol)["state"] == "away", what="the dead node's sessions are away")
    space.end_grace(bob, carol)
    wait_until(lambda: len(left(space)) > 1, what="those whose grace is over are reaped")
    assert two.cluster.health == Health.SERVING
    assert left(space) == [("Bob", "kicked"), ("Carol", "expired")]
    assert traces(space, bob) == []


def test_a_kick_without_any_node_is_done_when_they_are_back(space: Space) -> None:
    node = space.serve("n1")
    bob = node.claim("Bob")
    node.stop()
    with desk_at(space) as at:
        assert acts.kick(at, "bob", "bye") is not None
    back = space.serve("n1")
    with pytest.raises(Refused) as refused:
        bob.resume_at(back)
    assert refused.value.reason == Reason.KICKED


def test_an_unknown_nickname_is_told_with_those_near_it(space: Space) -> None:
    space.serve("n1").claim("Robert")
    with desk_at(space) as at:
        assert acts.kick(at, "rober", "") is None
        assert acts.hint_for(at, "@rober") == "; near it: Robert"
        assert acts.hint_for(at, "zzz") == ""


def test_a_kick_races_with_a_move_and_leaves_no_ghost(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    for turn in range(8):
        bob = one.claim(f"Bob{turn}")
        barrier = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            moving = pool.submit(_move, bob, two, barrier)
            kicking = pool.submit(_kick, space, f"bob{turn}", barrier)
            moved, kicked = moving.result(DEADLINE), kicking.result(DEADLINE)
        assert kicked is not None
        assert isinstance(moved, User) or moved.reason == Reason.KICKED
        assert traces(space, bob) == []
        node = two if kicked.node == "n2" else one
        _hears(node, bob)
    assert left(space) == [(f"Bob{turn}", "kicked") for turn in range(8)]


def _move(bob: User, node: Node, barrier: threading.Barrier) -> User | Refused:
    barrier.wait(DEADLINE)
    try:
        return bob.resume_at(node)
    except Refused as error:
        return error


def _hear_left(node: Node) -> None:
    node.events.wait(lambda: any(entry.kind == "left" for entry in node.events.entries), "the others hear of it")


def _hears(node: Node, bob: User) -> None:
    node.events.wait(lambda: node.events.ends.get(bob.session) == "kicked", "the node that served it hears")


def _kick(space: Space, nick: str, barrier: threading.Barrier) -> acts.Kicked | None:
    with desk_at(space) as at:
        barrier.wait(DEADLINE)
        return acts.kick(at, nick, "")


def test_a_notice_that_was_missed_is_made_good_when_the_node_listens_again(space: Space) -> None:
    node = space.serve("n1")
    bob = node.claim("Bob")
    with desk_at(space) as at:
        # As if the notice had been published while the node's subscription was down.
        key = space.key(f"session:{bob.session}")
        served_by = space.admin.hget(key, "node")
        space.admin.hset(key, "node", "n9/nobody")
        acts.kick(at, "bob", "unheard")
        assert served_by
    node.cluster._subscriber.reset()
    node.events.wait(lambda: (bob.session, "") in node.events.taken, "it asks who holds its sessions")
    assert node.events.ends[bob.session] == "kicked unheard"


def test_a_notice_of_a_server_whose_clock_is_behind_counts(space: Space) -> None:
    """As behind a promotion: two servers of one group have two clocks."""
    node = space.serve("n1")
    bob, carol = node.claim("Bob"), node.claim("Carol")
    node.events.wait(lambda: None in node.events.subscribed, "its channel is subscribed")
    channel = space.key(f"node:n1/{node.cluster.boot}")
    space.admin.publish(channel, f"!taken {carol.session} - 1 expired")
    space.admin.publish(channel, f"!taken {bob.session} - 1 kicked too loud")
    node.events.wait(lambda: node.events.taken, "it is told")
    assert node.events.ends == {bob.session: "kicked too loud"}


def test_the_desk_opens_a_term_where_no_node_does(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "NODES_OPEN_WITHIN", 0.2)
    with desk_at(space) as at:
        assert acts.kick(at, "nobody", "") is None, "of data without any term"
    node = space.serve("n1")
    node.claim("Bob")
    node.stop()
    space.admin.hset(space.key("term"), "server", "another:life")
    with desk_at(space) as at:
        assert acts.kick(at, "bob", "") is not None
    first, second = (fields for _, fields in space.stream(LOBBY))
    assert (first["kind"], second["kind"]) == ("joined", "left")
    meta = space.admin.hgetall(space.key(f"room:{LOBBY}:meta"))
    assert meta["former"].endswith("=1"), "what the desk wrote belongs to a new life of the log"


def test_a_rewind_that_takes_a_kick_brings_nobody_back(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    one.claim("Alice")
    bob = two.claim("Bob")

    def kick() -> None:
        with desk_at(own_space) as at:
            assert acts.kick(at, "bob", "too loud") is not None
        _hear_left(one)
        _hear_left(two)
        two.events.wait(lambda: (bob.session, "") in two.events.taken, "its node has dropped it")

    rewinder(kick)
    wait_recovered(one, two)
    wait_healed(own_space)
    for node in (one, two):
        with pytest.raises(Refused) as refused:
            bob.resume_at(node)
        assert (refused.value.reason, refused.value.detail) == (Reason.KICKED, "too loud")
    wait_until(lambda: not traces(own_space, bob), what="its row is gone")
    assert left(own_space) == [("Bob", "kicked too loud")]
