"""Sessions, the registry, and which rooms are heard."""

from __future__ import annotations

import time
from typing import cast

import pytest

from cluster.lives import Lives
from cluster.types import Claimed, Name, Position, Published
from node import rooms as rooms_module
from node.connection import Connection
from node.metrics import Metrics
from node.registry import Registry
from node.rooms import Rooms
from node.session import Session, new_id, token_hash
from node.ticker import Ticker
from node.workers import Workers
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, running
from wire.frames import Bye, Quit


def session(name: str = "s", claim: str = "c") -> Session:
    claimed = Claimed(name, claim, Name("Bob", "bob"), 0, 1, {"#lobby": Position("E", 1)}, resumed=False, taken=7)
    return Session(claimed, token_hash("t"), "127.0.0.1:1", cast("Connection", None))


def test_ids_are_random_and_fit_the_wire() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(each) == 22 and each.replace("-", "a").replace("_", "a").isalnum() for each in ids)


def test_a_session_remembers_the_highest_position_of_few_logs() -> None:
    one = session()
    for n, offset in ((1, 5), (2, 9), (3, 7)):
        one.published(Published(n, "#lobby", Position("E", offset), 0))
    assert (one.n, one.accepted["#lobby"].offset) == (3, 9)
    for number in range(200):
        one.published(Published(4, f"@{number}", Position("E", 1), 0))
    assert len(one.accepted) == 64


def test_who_says_something_disturbs_nobody_who_looks_where_he_spoke() -> None:
    """The publisher notes it while a recovery, on another thread, walks through it."""
    one = session()
    for n, log in enumerate(["#a", "#b", "#c"], 1):
        one.published(Published(n, log, Position("E", n), 0))
    walk = iter(one.accepted.items())
    next(walk)
    one.published(Published(4, "#c", Position("E", 4), 0))
    one.published(Published(5, "#a", Position("E", 5), 0))
    assert [log for log, _ in walk] == ["#b", "#c"]
    assert [(log, place.offset) for log, place in one.accepted.items()] == [("#b", 2), ("#c", 4), ("#a", 5)]


def test_a_session_remembers_how_far_it_came_in_the_lives_before_that() -> None:
    """Its node's feed may not have come to any of them when the data is lost again. Else nobody would know what was
    accepted in the one before the last, and nobody could be told that it is missing."""
    one, lives = session(), Lives()
    for number, (epoch, offset) in enumerate([("E", 5), ("F", 3), ("F", 9), ("G", 2)], 1):
        lives.enter(epoch)
        one.published(Published(number, "#lobby", Position(epoch, offset), 0))
    known = [place for log, place in lives.known_of(one.record({"#lobby": Position("E", 4)})) if log == "#lobby"]
    assert sorted((place.epoch, place.offset) for place in known) == [("E", 5), ("F", 9), ("G", 2)]


def test_what_was_accepted_in_the_last_life_that_was_read_to_its_end_is_known_while_the_next_is_being_read() -> None:
    one, lives = session(), Lives()
    for number, (epoch, offset) in enumerate([("E", 5), ("F", 9), ("G", 2)], 1):
        lives.enter(epoch)
        one.published(Published(number, "#lobby", Position(epoch, offset), 0))
    record = one.record({"#lobby": Position("F", 7)}, {"#lobby": Position("G", 4)})
    known = [place for log, place in lives.known_of(record) if log == "#lobby"]
    assert sorted((place.epoch, place.offset) for place in known) == [("F", 9), ("G", 4)]


def test_only_few_lives_and_logs_are_remembered() -> None:
    one = session()
    for life in range(20):
        one.published(Published(1, "#lobby", Position(f"E{life}", 1), 0))
    assert [place.epoch for place in one.before["#lobby"]] == ["E16", "E17", "E18"]
    for number in range(100):
        for epoch in ("E", "F"):
            one.published(Published(1, f"@{number}", Position(epoch, 1), 0))
    assert len(one.before) <= 65


def test_a_record_says_when_the_session_was_taken() -> None:
    # Of two nodes that believe to hold it after Redis lost its data, the later one is right.
    assert session().record({}).taken == 7


def test_a_record_has_the_places_that_the_session_was_told_of() -> None:
    """Its feeds may not have turned yet to the life of the log that they are of."""
    one = session()
    one.published(Published(1, "#lobby", Position("F", 4), 0))
    one.published(Published(2, "@other", Position("F", 2), 0))
    one.joined("#ops", Position("F", 9))
    told = one.record({}).told
    assert told["#lobby"] == [Position("F", 4), Position("E", 1)]
    assert (told["@other"], told["#ops"]) == ([Position("F", 2)], [Position("F", 9)])
    one.rooms = ("#lobby",)
    assert "#ops" not in one.record({}).told


def test_registry() -> None:
    registry, first, second = Registry(), session(claim="a"), session(claim="b")
    assert registry.add(first) is None
    assert registry.add(second) is first
    assert not registry.remove(first)
    assert not registry.set_away(first)
    assert registry.set_away(second)
    assert second.record({}).away
    registry.sweep(0)
    assert len(registry) == 1
    registry.sweep(time.monotonic() + 1)
    assert len(registry) == 0
    registry.add(first)
    assert registry.take_all() == [first]
    assert registry.all() == []


def test_a_room_is_wanted_at_its_first_member_and_left_a_while_after_its_last() -> None:
    cluster = FakeCluster(Store())
    rooms = Rooms(cluster.read, cluster, Workers(), Metrics())
    feed = rooms.hold("#r")
    assert rooms.hold("#r") is feed
    rooms.receive(cluster.store.append("#r", "message", "s", 1, "bob", "x"))
    assert cluster.wanted == ["#r"]
    rooms.release("#r")
    rooms.release("#r")
    assert cluster.wanted == []  # nobody had become a member
    feed = rooms.hold("#r")
    feed._epoch, feed._next = "E1", 2
    rooms.hold("@s")
    assert rooms.logs() == ["#r", "@s"]
    rooms.release("#r")
    now = time.monotonic()
    rooms.sweep(now + rooms_module.LINGER - 1)
    assert (rooms.logs(), cluster.wanted) == (["@s"], ["#r"])
    assert rooms.place("#r") == Position("E1", 1)
    rooms.sweep(now + rooms_module.LINGER + 1)
    assert (cluster.wanted, rooms.place("#r")) == ([], None)


def test_who_is_away_is_remembered_for_longer_than_his_grace() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, grace=1.0, lease=1.0) as node:
        with Native(node) as client:
            client.enter("ann")
        cluster.await_call("away")
        ticker, now = Ticker(node.house), time.monotonic()
        ticker.tick(now + 600)
        assert len(node.house.registry) == 1, "Redis may have been away, and nobody reaped"
        ticker.tick(now + 1000)
        assert len(node.house.registry) == 0


def test_a_bye_comes_when_the_session_is_over() -> None:
    """Who has read it may show the token to another node, or come anew under the same nickname."""
    cluster = FakeCluster(Store(), "n1")
    with running(cluster) as node, Native(node) as alice:
        alice.enter("alice")
        cluster.endings = []
        alice.say(Quit())
        cluster.await_call("end")
        alice.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            alice.expect(Bye)
        alice.sock.settimeout(5)
        cluster.endings[0]()
        alice.expect(Bye)
