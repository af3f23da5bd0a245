"""Where registered nicknames and the rights in a room meet."""

from __future__ import annotations

from cluster.types import Guard, Name, Reason
from tests.contract.owners import HASH, login, register
from tests.contract.space import Space
from tests.contract.test_rights import govern, guard, join, refused, said


def test_who_is_muted_and_registered_is_so_under_his_next_session_too(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    register(bob)
    join(alice, "#ops")
    join(bob, "#ops")
    govern(alice, "#ops", "mute", "bob")
    bob.end()
    again = login(node, "Bob")
    join(again, "#ops")
    assert govern(again, "#ops", "tell").yours == "muted"
    assert said(again, "here I am", "#ops") == Reason.MUTED


def test_who_registers_is_not_rid_of_what_he_was_before(space: Space) -> None:
    node = space.serve("n1")
    alice, bob, carol = node.claim("Alice"), node.claim("Bob"), node.claim("Carol")
    join(alice, "#ops")
    join(bob, "#ops")
    join(carol, "#ops")
    govern(alice, "#ops", "mute", "bob")
    govern(alice, "#ops", "remove", "carol")
    for each in (bob, carol):
        register(each)
        each.end()
    again, hers = login(node, "Bob"), login(node, "Carol")
    join(again, "#ops")
    assert said(again, "here I am", "#ops") == Reason.MUTED
    refused(Reason.REMOVED, join, hers, "#ops")
    assert govern(alice, "#ops", "unmute", "bob").muted == ()
    again.said("thanks", "#ops")
    govern(alice, "#ops", "invite", "carol")
    join(hers, "#ops")


def test_an_owner_who_unregisters_keeps_the_room_as_a_member_and_then_it_is_inherited(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    register(alice)
    join(alice, "#ops")
    join(bob, "#ops")
    node.cluster.unregister(alice.session, alice.claim, "alice", HASH)
    assert govern(alice, "#ops", "tell").own
    alice.leave("#ops")
    assert govern(bob, "#ops", "tell").own


def test_a_room_whose_absent_owner_is_registered_no_more_is_inherited(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    register(alice)
    join(alice, "#ops")
    join(bob, "#ops")
    guard(alice, "#ops", Guard.INVITE)
    alice.leave("#ops")
    assert govern(bob, "#ops", "tell").owner == "Alice"
    node.cluster.unregister(alice.session, alice.claim, "alice", HASH)
    assert govern(bob, "#ops", "tell").own


def test_nobody_mutes_himself_by_taking_a_muted_nickname(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    govern(alice, "#ops", "mute", "bob")
    bob.end()
    node.cluster.rename(alice.session, alice.claim, Name("Bob", "bob"), [])
    alice.said("it is mine", "#ops")


def test_who_unregisters_is_not_rid_of_what_he_was_before(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    register(bob)
    join(alice, "#ops")
    join(bob, "#ops")
    govern(alice, "#ops", "remove", "bob")
    node.cluster.unregister(bob.session, bob.claim, "bob", HASH)
    bob.end()
    refused(Reason.REMOVED, join, node.claim("Bob"), "#ops")


def test_who_is_muted_does_not_speak_by_the_topic(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    govern(alice, "#ops", "mute", "bob")
    refused(Reason.MUTED, node.cluster.set_topic, bob.session, bob.claim, "#ops", "buy here")
    govern(alice, "#ops", "owner", "bob")
    node.cluster.set_topic(bob.session, bob.claim, "#ops", "mine now")


def test_who_is_muted_does_not_speak_by_being_away(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    for room in ("#ops", "#tea"):
        node.hear(room)
        join(alice, room)
        join(bob, room)
    govern(alice, "#ops", "mute", "bob")
    node.cluster.gone(bob.session, bob.claim, "buy here")

    def told() -> dict[str, str]:
        return {
            hint.room: hint.text for hint in node.events.hints if hint.session == bob.session and hint.state == "gone"
        }

    node.events.wait(lambda: len(told()) == 3, "all are told")
    assert told() == {"#lobby": "buy here", "#tea": "buy here", "#ops": ""}


def test_lists_of_who_has_two_fields_are_bounded_as_well(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    join(alice, "#ops")
    where = space.key("room:#ops:rights")
    for name in ("s", "@n"):
        space.admin.hset(where, mapping={f"muted:{name}{n}": f"{n} n{n} N{n}" for n in range(1, 201)})
    for nick in ("Bob", "Carol", "Dan"):
        node.claim(nick)
        govern(alice, "#ops", "mute", nick)
    muted = [field for field in space.admin.hkeys(where) if field.startswith("muted:")]
    assert len(muted) == 400
    assert not {"muted:s3", "muted:@n3"} & set(muted)


def test_who_is_let_back_under_another_nickname_is_let_back_whole(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    govern(alice, "#ops", "mute", "bob")
    node.cluster.rename(bob.session, bob.claim, Name("Rob", "rob"), [])
    assert govern(alice, "#ops", "unmute", "rob").muted == ()
    node.cluster.rename(bob.session, bob.claim, Name("Bob", "bob"), [])
    bob.said("as before", "#ops")


def test_a_topic_behind_guards_stays_there_when_the_room_is_over(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    guard(alice, "#ops", Guard.PRIVATE)
    node.cluster.set_topic(alice.session, alice.claim, "#ops", "secret")
    alice.leave("#ops")
    assert node.cluster.topic("#ops", bob.session).text == ""
    join(bob, "#ops")
    assert node.cluster.topic("#ops", bob.session).text == ""
    assert node.cluster.company("#ops", 10).topic == ""


def test_what_was_behind_guards_stays_there_when_they_have_expired(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    register(alice)
    join(alice, "#ops")
    guard(alice, "#ops", Guard.INVITE)
    alice.said("secret", "#ops")
    node.cluster.set_topic(alice.session, alice.claim, "#ops", "secret")
    alice.leave("#ops")
    space.admin.delete(space.key("room:#ops:rights"))  # as time does it
    refused(Reason.NOT_MEMBER, node.cluster.topic, "#ops", bob.session)
    refused(Reason.NOT_MEMBER, node.cluster.history, "#ops", 0, 5, bob.session)
    join(bob, "#ops")
    assert node.cluster.company("#ops", 10).topic == ""
    assert not node.cluster.history("#ops", 0, 5, bob.session)
    bob.leave("#ops")
    assert node.cluster.topic("#ops", alice.session).text == ""  # an open room it is by now
