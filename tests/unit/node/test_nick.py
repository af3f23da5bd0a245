"""The verb nick, and what a renaming looks like in both dialects."""

from __future__ import annotations

import pytest

from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, log_of, pair, plain, running
from wire import Code
from wire.frames import Accepted, Error, Hello, Joined, Leave, Message, Rename, Say, Welcome


def test_a_renaming_is_answered_and_told_as_an_entry() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as alice, Native(n2) as bob:
        welcome = alice.enter("alice")
        bob.enter("bob")
        alice.say(Rename(nick="Alicia", id=1))
        frames = [alice.expect(Joined, lambda frame: bool(frame.former)) for _ in range(2)]
        answer, entry = sorted(frames, key=lambda frame: frame.id is None)
        assert (answer.id, answer.log, answer.offset) == (1, "#lobby", entry.offset)
        heard = bob.expect(Joined, lambda frame: bool(frame.former))
        assert heard == entry
        assert (heard.former, heard.nick, heard.session, heard.count) == ("alice", "Alicia", welcome.session, None)
        alice.say(Say(n=1, to="#lobby", text="it is me"))
        alice.expect(Accepted)
        assert bob.expect(Message).nick == "Alicia"
        alice.say(Rename(nick="Alicia", id=2))
        same = alice.expect(Joined, lambda frame: frame.id == 2)
        assert (same.former, same.nick, same.log, same.offset) == ("Alicia", "Alicia", "", 0)
        with Native(n2) as again:
            again.say(Hello(session=welcome.session, token=welcome.token, cursors={"#lobby": ("E1", heard.offset)}))
            assert again.expect(Welcome).nick == "Alicia"
        assert [row.name.shown for row in store.rows.values()] == ["Alicia", "bob"]
    assert [line["former"] for line in log_of(n1) if line["event"] == "renamed"] == ["alice"]


def test_a_node_re_claims_it_under_its_new_name() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Rename(nick="Alicia", id=1))
        alice.expect(Joined, lambda frame: frame.id == 1)
        assert cluster.events is not None
        (record,) = cluster.events.local_sessions()
        assert (record.name.shown, record.name.mapped, record.taken) == ("Alicia", "alicia", 1)


@pytest.mark.parametrize(
    ("wanted", "code", "free"),
    [("BOB", Code.NICK_TAKEN, "BOB_"), ("a b", Code.BAD_NICK, None), ("", Code.BAD_NICK, None)],
)
def test_what_can_t_be_is_refused_with_its_id(wanted: str, code: Code, free: str | None) -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, plain(node, "bob"):
        alice.enter("alice")
        alice.say(Rename(nick=wanted, id=7))
        error = alice.expect(Error)
        assert (error.code, error.id, error.suggestion) == (code, 7, free)


def test_people_read_of_it_once() -> None:
    with running(FakeCluster(Store())) as node, plain(node, "bob") as bob, plain(node, "alice") as alice:
        alice.put("/nick bob\n/nick Alicia\n/nick Alicia\n")
        assert alice.lines_until("you are called") == [
            "! that nickname is taken; bob_ is free",
            "* alice is now called Alicia",
            "* you are called Alicia",
        ]
        assert bob.lines_until("Alicia") == ["* alice joined", "* alice is now called Alicia"]


def test_who_is_in_no_room_is_answered_all_the_same() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, Client(node) as bob:
        alice.enter("alice")
        alice.say(Leave(room="#lobby", id=1))
        alice.say(Rename(nick="Alicia", id=2))
        answer = alice.expect(Joined, lambda frame: frame.id == 2)
        assert (answer.former, answer.nick, answer.log, answer.offset) == ("alice", "Alicia", "", 0)
        bob.put("bob\n/leave\n/nick Bobby\n\\q\n")
        assert "* bob is now called Bobby" in bob.rest()
