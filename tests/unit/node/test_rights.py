"""What an owner does in his room, at the nodes, in both dialects."""

from __future__ import annotations

import pytest

from cluster.types import Guard, Rights as Told
from node.verbs.rights import key_digest
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, log_of, pair, plain, running
from wire import Code, WireError
from wire.frames import (
    Accepted,
    Error,
    GuardRoom,
    HandOver,
    History,
    Invite,
    Join,
    Joined,
    Left,
    Message,
    Mute,
    Ping,
    Pong,
    Remove,
    Rights,
    Say,
    Unmute,
)


def enter(client: Native, room: str, key: str | None = None) -> None:
    client.say(Join(room=room, id=77, key=key))
    client.expect(Joined, lambda joined: joined.count is not None and joined.log == room)


def code(client: Native) -> int:
    return client.expect(Error).code


def test_the_owner_guards_invites_and_is_answered() -> None:
    _, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as alice, Native(n2) as bob:
        session = alice.enter("alice").session
        bob.enter("bob")
        enter(alice, "#ops")
        alice.say(GuardRoom(room="#OPS", key="hush", private=True, id=2))
        told = alice.expect(Rights, lambda rights: rights.id == 2)
        assert told == Rights(room="#ops", owner=session, own=True, key=True, private=True, id=2)
        bob.say(Join(room="#ops", id=1))
        assert code(bob) == Code.WRONG_KEY
        bob.say(GuardRoom(room="#ops", private=False, id=3))
        assert code(bob) == Code.NOT_OWNER
        enter(bob, "#ops", "hush")
        alice.say(GuardRoom(room="#ops", key="", invite=True, id=4))
        assert not alice.expect(Rights, lambda rights: rights.id == 4).key
        alice.say(Invite(room="#ops", nick="BOB", text="stay", id=5))
        assert alice.expect(Rights, lambda rights: rights.id == 5).invited == ["bob"]
        assert bob.expect(Rights) == Rights(room="#ops", you="invited", by="alice", text="stay")
    done = [(line["event"], line.get("act"), line.get("whom")) for line in log_of(n1) if line["event"] == "governed"]
    assert done == [("governed", "invite", "BOB")]
    assert "hush" not in str(log_of(n1))


def test_who_is_removed_hears_why_and_nothing_more_and_the_node_lets_go_of_the_room() -> None:
    _, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as alice, Native(n2) as bob:
        alice.enter("alice")
        bob_is = bob.enter("bob").session
        enter(alice, "#ops")
        enter(bob, "#ops")
        alice.say(Remove(room="#ops", nick="bob", text="too loud", id=1))
        alice.say(Say(n=1, to="#ops", text="secret"))
        alice.expect(Accepted)
        left = bob.expect(Left)
        assert (left.session, left.reason, left.why) == (bob_is, "removed", "too loud")
        session = n2.house.registry.get(bob_is)
        assert session is not None
        assert "#ops" not in session.record({}).rooms  # or a recovery would bring him back
        bob.say(History(room="#ops", id=2))
        bob.say(Say(n=1, to="#ops", text="hm"))
        bob.say(Join(room="#ops", id=3))
        heard = [bob.frame() for _ in range(3)]  # and "secret" is not among them
        assert [each.code for each in heard if isinstance(each, Error)] == [
            Code.NOT_MEMBER,
            Code.NOT_MEMBER,
            Code.REMOVED,
        ]
        assert "#ops" not in session.deliveries
        assert session.rooms == ("#lobby",)
        bob.say(Say(n=2, to="#lobby", text="last"))
        assert bob.expect(Message).text == "last"


def test_who_is_muted_is_told_and_his_number_is_used_up() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, Native(node) as bob:
        alice.enter("alice")
        bob.enter("bob")
        enter(alice, "#ops")
        enter(bob, "#ops")
        alice.say(Mute(room="#ops", nick="bob", id=1))
        assert bob.expect(Rights).you == "muted"
        bob.say(Say(n=1, to="#ops", text="hm"))
        assert bob.expect(Error) == Error(
            code=Code.MUTED, text="the owner of the room has muted you there; nothing was said", n=1
        )
        alice.say(Unmute(room="#ops", nick="bob", id=2))
        assert bob.expect(Rights).you == "unmuted"
        bob.say(Say(n=2, to="#ops", text="thanks"))
        assert bob.expect(Accepted).n == 2


def test_a_room_is_handed_over() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, Native(node) as bob:
        alice.enter("alice")
        bob.enter("bob")
        enter(alice, "#ops")
        enter(bob, "#ops")
        alice.say(HandOver(room="#ops", nick="bob", id=1))
        assert not alice.expect(Rights).own
        assert bob.expect(Rights) == Rights(room="#ops", you="owner", by="alice")
        bob.say(GuardRoom(room="#ops", topic=True, id=1))
        assert bob.expect(Rights).topic


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        (Invite(room="ops", nick="bob", id=1), Code.BAD_ROOM),
        (Invite(room="#ops", nick="b b", id=1), Code.BAD_NICK),
        (Invite(room="#ops", nick="nobody", id=1), Code.NO_SUCH_NICK),
        (Mute(room="#ops", nick="Alice", id=1), Code.BAD_NICK),  # herself
        (Remove(room="#ops", nick="bob", text="a\nb", id=1), Code.BAD_TEXT),
        (Remove(room="#ops", nick="bob", text="é" * 129, id=1), Code.TEXT_TOO_LONG),
        (GuardRoom(room="#ops", key="two words", id=1), Code.BAD_TEXT),
        (GuardRoom(room="#ops", key="k" * 65, id=1), Code.BAD_TEXT),
        (GuardRoom(room="#ops", key="bell\x07", id=1), Code.BAD_TEXT),
        (Join(room="#ops", key="two words", id=1), Code.BAD_TEXT),
        (Mute(room="#lobby", nick="bob", id=1), Code.NOT_OWNER),
    ],
)
def test_what_can_not_be_is_refused_with_the_requests_id(frame: Invite, wanted: Code) -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, Native(node) as bob:
        alice.enter("alice")
        bob.enter("bob")
        enter(alice, "#ops")
        alice.say(frame)
        refused = alice.expect(Error)
        assert (refused.code, refused.id) == (wanted, 1)
        assert "two words" not in refused.text


def test_members_are_told_when_something_has_changed() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Ping())
        alice.expect(Pong)  # the hello is done with: she hears the room
        node.house.cluster.events.on_rights(Told("#lobby", "alice", frozenset({Guard.TOPIC})))  # type: ignore[attr-defined]
        assert alice.expect(Rights) == Rights(room="#lobby", owner="alice", topic=True)


def test_a_plain_client_does_all_of_it() -> None:
    with running(FakeCluster(Store())) as node, plain(node, "alice") as alice, plain(node, "bob") as bob:
        alice.put("/join #den\n/guard key=hush private\n/guard -key -private by-invitation\n/invite bob come in\n")
        alice.lines_until("by invitation; invited: bob")
        assert bob.lines_until("invites you")[-1] == "* alice invites you to #den (/join #den): come in"
        bob.put("/join #den hush\n")
        bob.lines_until("you are in #den")
        alice.put("/mute bob quiet, please\n")
        assert bob.lines_until("muted")[-1] == "* alice has muted you in #den: quiet, please"
        bob.put("hm\n")
        assert bob.lines_until("!")[-1] == "! the owner of the room has muted you there; nothing was said"
        alice.put("/remove bob really\n")
        assert bob.lines_until("left")[-1] == "* bob left #den (removed: really)"
        bob.put("anybody?\n/join #den\n\\q\n")  # it does not go to another room instead
        rest = bob.rest()
        assert rest[:2] == [
            "! you are not in that room; join it first",
            "! the owner of that room has removed you; only an invitation leads back",
        ]


def test_what_goes_to_redis_of_a_key_tells_nothing_of_it_and_differs_from_room_to_room() -> None:
    assert key_digest("#a", None) == key_digest("#a", "") == ""
    assert len(key_digest("#a", "hush")) == 64
    assert len({key_digest("#a", "hush"), key_digest("#b", "hush"), key_digest("#a", "Hush")}) == 3
    with pytest.raises(WireError):
        key_digest("#a", "hush\n")


def test_who_is_removed_again_and_again_holds_no_rooms() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, Native(node) as bob:
        alice.enter("alice")
        session = node.house.registry.get(bob.enter("bob").session)
        assert session is not None
        for number in range(5):
            room = f"#r{number}"
            enter(alice, room)
            enter(bob, room)
            alice.say(Remove(room=room, nick="bob", id=number))
            bob.expect(Left)
        assert len(session.deliveries) <= 3  # inbox, lobby, and the last one


def test_what_was_said_in_a_room_that_has_fallen_is_not_remembered() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.enter("alice")
        enter(alice, "#den")
        alice.say(Say(n=1, to="#den", text="secret"))
        alice.expect(Message)
        assert [entry.text for entry in node.house.rooms.remembered()["#den"] if entry.kind == "message"] == ["secret"]
        node.house.cluster.events.on_rights(Told("#den", "", frozenset(), fallen=True))  # type: ignore[attr-defined]
        assert node.house.rooms.remembered()["#den"] == []
