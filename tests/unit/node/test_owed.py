"""What a resumed client gets of a log of which it has no cursor."""

from __future__ import annotations

from cluster.types import Position
from node.main import Node
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.support import Native, pair, plain, running
from wire.frames import Error, Hello, Join, Joined, Left, Message, Say, Welcome


def joined_and_gone(node: Node, cluster: FakeCluster) -> tuple[Welcome, Joined]:
    """Alice came into #ops, and her connection is lost; that she has read of it is hers to say."""
    with Native(node) as alice:
        welcome = alice.enter("alice")
        alice.say(Join(room="#ops"))
        joined = alice.expect(Joined)
    cluster.await_call("away")
    return welcome, joined


def test_a_room_whose_joined_was_lost_with_the_connection_is_not_missed() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, plain(n2, "bob") as bob:
        welcome, joined = joined_and_gone(n1, one)
        bob.put("/join #ops\nmissed\n")
        bob.lines_until("missed")
        two.owed = {"#ops": Position(joined.epoch, joined.offset)}
        with Native(n2) as again:
            again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
            assert again.expect(Welcome).logs["#ops"] == (joined.epoch, joined.offset)
            assert again.expect(Message).text == "missed"
    assert store.nicks


def test_a_room_whose_joined_was_lost_is_shown_with_what_was_said_before() -> None:
    _, one, two = pair()
    with running(one) as n1, running(two) as n2, plain(n2, "bob") as bob:
        bob.put("/join #ops\nbefore\n")
        bob.lines_until("before")
        welcome, joined = joined_and_gone(n1, one)
        bob.put("after\n")
        bob.lines_until("after")
        two.owed = {"#ops": Position(joined.epoch, joined.offset)}
        with Native(n2) as again:
            again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
            again.expect(Welcome)
            shown = again.expect(Joined)
            assert (shown.log, shown.offset, shown.members) == ("#ops", joined.offset, ["alice", "bob"])
            texts = [again.expect(Message) for _ in range(2)]
            assert [(one.text, one.history) for one in texts] == [("before", True), ("after", False)]
            again.say(Join(room="#ops", id=7))
            told = again.expect(Joined)
            assert (told.id, told.offset) == (7, 0), "asked for again it moves nothing and repeats nothing"


def test_a_room_of_which_the_client_has_a_cursor_is_not_shown_again() -> None:
    _, one, two = pair()
    with running(one) as n1, running(two) as n2:
        with Native(n1) as first:
            welcome = first.enter("alice")
        one.await_call("away")
        with Native(n2) as again:
            again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
            again.expect(Welcome)
            again.say(Say(n=1, to="#lobby", text="here"))
            said = again.frame()
            assert isinstance(said, Message), "the first that it hears of the room"


def test_what_was_said_before_the_leaving_is_owed_to_who_did_not_hear_that_it_left() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, plain(n2, "bob") as bob:
        with Native(n1) as first:
            welcome = first.enter("alice")
            first.say(Join(room="#ops", id=1))
            joined = first.expect(Joined)
            bob.put("/join #ops\nlast words\n")
            bob.lines_until("last words")
            row = store.rows[welcome.session]
            # Carried out, but the client hears neither of it nor of what came before.
            one.leave(row.session, row.claim, "#ops")
        one.await_call("away")
        bob.put("too late\n")
        bob.lines_until("too late")
        with Native(n2) as again:
            cursors = {**welcome.logs, "#ops": (joined.epoch, joined.offset)}
            again.say(Hello(session=welcome.session, token=welcome.token, cursors=cursors))
            until = row.parted["#ops"]
            assert again.expect(Welcome).logs["#ops"] == (until.epoch, until.offset)
            assert again.expect(Message).text == "last words"
            assert again.expect(Left).offset == until.offset
            again.say(Join(room="#ops", id=2))
            told = again.expect(Joined, lambda frame: frame.id == 2)
            assert told.offset > until.offset + 1, "nothing beyond the leaving was owed"
            again.say(Say(n=1, to="#ops", text="back"))
            assert again.expect(Message, lambda frame: not frame.history).text == "back"


def test_a_hello_said_again_begins_no_second_session() -> None:
    store, one, two = pair()
    hello = Hello(nick="alice", token="a" * 22)
    with running(one) as n1, running(two) as n2, plain(n2, "bob") as bob:
        with Native(n1) as first:
            first.say(hello)
            bob.lines_until("alice joined")
        one.await_call("away")
        bob.put("who is it?\n")
        bob.lines_until("who is it?")
        with Native(n2) as again:
            joined = next(entry for entry in store.logs["#lobby"] if entry.nick == "alice")
            two.owed = {"#lobby": Position(joined.epoch, joined.offset)}
            again.say(hello)
            welcome = again.expect(Welcome)
            assert welcome.token == hello.token
            assert again.expect(Joined).session == welcome.session
            assert again.expect(Message).text == "who is it?"
        two.await_call("away")
    assert [entry.nick for entry in store.logs["#lobby"] if entry.kind == "joined"] == ["bob", "alice"]


def test_a_token_that_could_be_guessed_is_refused() -> None:
    _, one, _ = pair()
    with running(one) as n1, Native(n1) as client:
        client.say(Hello(nick="alice", token="a" * 21))
        assert "at least 22" in client.expect(Error).text
        client.say(Hello(nick="alice"))
        assert len(client.expect(Welcome).token or "") >= 22
