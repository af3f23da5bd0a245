"""Clients at nodes, over real sockets, with a fake cluster behind."""

from __future__ import annotations

from cluster.types import NodeInfo
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, log_of, pair, plain, running
from wire import Code
from wire.frames import (
    Accepted,
    Ack,
    Bye,
    Error,
    Hello,
    History,
    HistoryEnd,
    Join,
    Joined,
    Leave,
    Left,
    Members,
    Message,
    Ping,
    Pong,
    Quit,
    Receipt,
    RoomList,
    Rooms,
    Say,
    Welcome,
    Who,
)


def test_two_people_with_netcat_as_in_the_seed() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, plain(n1, "alice") as alice, plain(n2, "bob") as bob:
        assert alice.greeting == b"Welcome to Hydrachat. What is your nickname?"
        alice.lines_until("* bob joined")
        alice.put("hello all\n")
        assert bob.lines_until("alice: hello all") == ["alice: hello all"]
        assert alice.lines_until("alice: hello all") == ["alice: hello all"]
        alice.put("@bob psst\n")
        assert bob.lines_until("psst") == ["@alice -> you: psst"]
        assert alice.lines_until("psst") == ["you -> @bob: psst"]
        assert alice.lines_until("sent") == ["* your message was sent to bob"]
        alice.put("\\q\n")
        assert alice.rest() == ["* bye"]
        assert bob.lines_until("left") == ["* alice left"]
        assert list(store.nicks) == ["bob"]


def test_what_a_half_closing_client_sent_is_answered_before_the_bye() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Client(node) as client:
        client.put("alice\none\ntwo\nthree")
        client.half_close()
        lines = client.rest()
        assert lines[-4:] == ["alice: one", "alice: two", "alice: three", "* bye"]
        cluster.await_call("end")
        assert not cluster.store.rows


def test_ones_own_last_words_come_back_before_the_bye_even_if_the_subscription_lost_them() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, plain(node, "alice") as alice:
        cluster.mute = True
        alice.put("one\ntwo\n\\q\n")
        assert alice.rest() == ["alice: one", "alice: two", "* bye"]


def test_native_conversation() -> None:
    _, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as alice, Native(n2) as bob:
        welcome = alice.enter("Alice")
        assert (welcome.node, welcome.n, welcome.resumed) == ("n1", 0, False)
        assert welcome.logs == {"@": ("E1", 0), "#lobby": ("E1", 1)}
        assert welcome.token
        assert len(welcome.token) >= 22
        bob.enter("bob")
        alice.say(Say(n=1, to="#lobby", text="żółw 🐢"))
        alice.say(Say(n=2, to="@BOB", text="psst"))
        accepted = [alice.expect(Accepted), alice.expect(Accepted)]
        assert [(each.n, each.log) for each in accepted] == [(1, "#lobby"), (2, "@BOB")]
        # Between two logs there is no order.
        private, public = sorted((bob.expect(Message), bob.expect(Message)), key=lambda each: each.log != "@")
        assert (public.log, public.offset, public.nick, public.text) == ("#lobby", 3, "Alice", "żółw 🐢")
        assert (private.log, private.n, private.text) == ("@", 2, "psst")
        bob.say(Ack(cursors={"@": (private.epoch, private.offset)}))
        receipt = alice.expect(Receipt)
        assert (receipt.n, receipt.nick, receipt.state) == (2, "bob", "received")
        alice.say(Quit())
        assert isinstance(alice.frames_to_end()[-1], Bye)
        assert bob.expect(Left).nick == "Alice"


def test_a_taken_name_proposes_a_free_one_and_may_be_tried_again() -> None:
    with running(FakeCluster(Store())) as node, plain(node, "alice"), Client(node) as other:
        other.put("ALICE\n")
        assert "ALICE_ is free" in other.line().decode()
        other.put("bad name\n")
        other.lines_until("!")
        other.put("ALICE_\n")
        other.lines_until("you are in #lobby, 2 here: ALICE_, alice")


def test_a_newcomer_sees_the_last_messages_as_history() -> None:
    with running(FakeCluster(Store()), history=2) as node, plain(node, "alice") as alice:
        for text in ("one", "two", "three"):
            alice.put(f"{text}\n")
            alice.lines_until(text)
        with plain(node, "bob") as bob:
            assert [bob.line(), bob.line()] == [b"(history) alice: two", b"(history) alice: three"]
            alice.put("four\n")
            assert bob.line() == b"alice: four"
        with Native(node) as carol:
            carol.enter("carol")
            carol.say(History(room="#lobby", limit=3, id=7))
            told: list[str] = []
            while not isinstance(frame := carol.frame(), HistoryEnd):
                if isinstance(frame, Message):
                    assert frame.history
                    told.append(frame.text)
            assert told[-3:] == ["two", "three", "four"]
            assert (frame.count, frame.id) == (3, 7)


def test_rooms() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, plain(node, "bob") as bob:
        alice.enter("alice")
        alice.say(Join(room="#Ops", id=1))
        joined = alice.expect(Joined, lambda frame: frame.id == 1)
        assert (joined.log, joined.offset, joined.count, joined.members) == ("#ops", 1, 1, ["alice"])
        bob.put("/join ops\n")
        bob.lines_until("you are in #ops, 2 here: alice, bob")
        bob.put("to ops\n")
        heard = alice.expect(Message)
        assert (heard.log, heard.text) == ("#ops", "to ops")
        bob.lines_until("#ops bob: to ops")
        alice.say(Rooms(id=2))
        listed = alice.expect(RoomList)
        assert [(info.room, info.members) for info in listed.rooms] == [("#lobby", 2), ("#ops", 2)]
        alice.say(Who(room="#ops", id=3))
        members = alice.expect(Members)
        assert [(one.nick, one.node) for one in members.members] == [("alice", "n1"), ("bob", "n1")]
        alice.say(Leave(room="#ops", id=4))
        assert alice.expect(Left, lambda frame: frame.id == 4).offset == 4
        bob.lines_until("alice left #ops")
        alice.say(Say(n=1, to="#ops", text="still here?"))
        assert alice.expect(Error).code == Code.NOT_MEMBER
        alice.say(Leave(room="#ops", id=5))
        assert alice.expect(Error, lambda frame: frame.id == 5).code == Code.NOT_MEMBER
        alice.say(Join(room="#lobby", id=6))
        assert alice.expect(Joined, lambda frame: frame.id == 6).offset == 0


def test_what_was_said_before_leaving_is_delivered_before_the_answer() -> None:
    store = Store()
    cluster = FakeCluster(store)
    with running(cluster) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Join(room="#ops", id=1))
        alice.expect(Joined, lambda frame: frame.id == 1)
        cluster.mute = True
        for number in range(5):
            store.append("#ops", "message", "other", number + 1, "bob", str(number))
        alice.say(Leave(room="#ops", id=2))
        frames = [alice.frame() for _ in range(6)]
        assert [frame.text for frame in frames if isinstance(frame, Message)] == ["0", "1", "2", "3", "4"]
        assert isinstance(frames[-1], Left)
        assert (frames[-1].offset, frames[-1].id) == (7, 2)


def test_a_long_list_comes_in_several_frames() -> None:
    store = Store()
    with running(FakeCluster(store)) as node, Native(node) as alice:
        alice.enter("alice")
        row = store.rows[next(iter(store.rows))]
        for number in range(400):
            copy = f"user{number:03}"
            store.rows[copy] = type(row)(copy, "c", type(row.name)(copy, copy), "", row.node, rooms=["#lobby"])
        alice.say(Who(id=1))
        parts = [alice.expect(Members) for _ in range(3)]
        assert [part.more for part in parts] == [True, True, False]
        assert sum(len(part.members) for part in parts) == 401


def test_ping_and_unknown_frames() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.say(Ping(id=1))
        assert alice.expect(Error).code == Code.ILLEGAL_STATE
        alice.enter("alice")
        alice.put('{"op":"dance","id":5}\n')
        assert (error := alice.expect(Error)).code == Code.UNKNOWN_OP
        assert error.id == 5
        alice.put('{"op":"me","id":6}\n')
        assert alice.expect(Error).code == Code.RESERVED_OP
        alice.say(Ping(id=2))
        assert alice.expect(Pong).id == 2


def test_a_pong_names_the_other_nodes_when_they_have_changed() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        assert alice.enter("alice").nodes == []
        cluster.infos = [NodeInfo("n9", "b9", "127.0.0.1:7709", "", "serving", "", 0, 0.1, True)]
        alice.say(Ping(id=1))
        assert alice.expect(Pong).nodes == ["127.0.0.1:7709"]
        alice.say(Ping(id=2))
        assert alice.expect(Pong).nodes == [], "it knows them now"


def test_a_session_is_resumed_at_the_other_node_with_nothing_missed_or_doubled() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, plain(n2, "bob") as bob:
        with Native(n1) as first:
            welcome = first.enter("alice")
            bob.put("before\n")
            seen = first.expect(Message)
        one.await_call("away")
        assert store.rows[welcome.session].away
        bob.put("meanwhile\n")
        bob.put("@alice psst\n")
        bob.lines_until("you -> @alice")
        with Native(n2) as again:
            again.say(
                Hello(
                    session=welcome.session,
                    token=welcome.token,
                    cursors={"#lobby": (seen.epoch, seen.offset), "@": welcome.logs["@"]},
                )
            )
            back = again.expect(Welcome)
            assert (back.resumed, back.token, back.node, back.nick) == (True, None, "n2", "alice")
            texts = {again.expect(Message).text for _ in range(2)}
            assert texts == {"meanwhile", "psst"}
            bob.put("after\n")
            assert again.expect(Message).text == "after"
    assert "left" not in [line["event"] for line in log_of(n1)]


def test_a_wrong_token_is_refused() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, Native(node) as thief:
        welcome = alice.enter("alice")
        thief.say(Hello(session=welcome.session, token="guess"))
        assert thief.expect(Error).code == Code.RESUME_REFUSED
        thief.enter("thief")
        alice.say(Ping(id=1))
        alice.expect(Pong)


def test_the_former_connection_is_told_that_it_was_taken_over() -> None:
    store, one, two = pair()
    for place in (one, two):
        assert place.events is None
    with running(one) as n1, running(two) as n2, Native(n1) as first:
        welcome = first.enter("alice")
        hello = Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs)
        with Native(n2) as second:
            second.say(hello)
            second.expect(Welcome)
            assert first.expect(Error).code == Code.TAKEN_OVER
            assert first.rest() == []
            with Native(n2) as third:
                third.say(hello)
                third.expect(Welcome)
                assert second.expect(Error).code == Code.TAKEN_OVER
                assert not store.rows[welcome.session].away
                # Word of the first move, come late: it must not end what came after it.
                assert two.events is not None
                two.events.on_taken(welcome.session, "a-claim-of-before")
                third.say(Say(n=1, to="#lobby", text="mine"))
                third.expect(Accepted)
                two.events.on_taken(welcome.session, "")
                assert third.expect(Error).code == Code.ENDED
    assert not [call for call in two.calls if call[0] == "away"]
