"""Who may do what in a room: the scripts decide, so no node can be talked round."""

from __future__ import annotations

import pytest

from cluster.errors import Refused
from cluster.types import Guard, Guarding, Position, Reason, Rights, Topic
from tests.contract.space import LOBBY, Space, User

KEY = "1f" * 32
# A digest: the key itself never comes here. fakeredis has no `redis.sha1hex`: keys need a real server.


def govern(user: User, room: str, act: str, nick: str = "", text: str = "") -> Rights:
    return user.node.cluster.govern(user.session, user.claim, room, act, nick.casefold(), text)


def guard(user: User, room: str, *on: Guard, off: tuple[Guard, ...] = (), digest: str = "") -> Rights:
    changes = {**dict.fromkeys(on, True), **dict.fromkeys(off, False)}
    return user.node.cluster.guard(user.session, user.claim, room, Guarding(changes, digest))


def join(user: User, room: str, digest: str = "") -> None:
    user.node.cluster.join(user.session, user.claim, room, digest)
    user.relist(rooms=(*user.rooms, room))


def refused(reason: Reason, act: object, *arguments: object, **named: object) -> None:
    with pytest.raises(Refused) as error:
        act(*arguments, **named)  # type: ignore[operator]
    assert error.value.reason == reason


def said(user: User, text: str, to: str, n: int = 0) -> str:
    outcome = user.say(text, to, n)
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


def members(user: User, room: str) -> list[str]:
    return [member.nick for member in user.node.cluster.members(room, user.session)]


def test_who_founds_a_room_owns_it_and_nobody_owns_the_lobby(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    join(alice, "#tea")
    join(bob, "#tea")
    assert govern(bob, "#tea", "tell") == Rights("#tea", "Alice", frozenset())
    assert govern(alice, "#tea", "tell") == Rights("#tea", "Alice", frozenset(), own=True)
    for act in ("invite", "remove", "mute", "unmute", "owner"):
        whom = "bob" if act == "owner" else "alice"  # that Alice is the owner is so already
        refused(Reason.NOT_OWNER, govern, bob, "#tea", act, whom)
        refused(Reason.NOT_OWNER, govern, alice, LOBBY, act, "bob")
    refused(Reason.NOT_OWNER, guard, bob, "#tea", Guard.PRIVATE)
    refused(Reason.NOT_OWNER, guard, alice, LOBBY, Guard.PRIVATE)
    assert govern(alice, LOBBY, "tell").owner == ""


def test_a_key_is_asked_for_and_stands_nowhere(real_space: Space) -> None:
    node = real_space.serve("n1")
    alice, bob, carol = node.claim("Alice"), node.claim("Bob"), node.claim("Carol")
    join(alice, "#ops")
    assert guard(alice, "#ops", Guard.KEY, digest=KEY).guards == {Guard.KEY}
    for wrong in ("", KEY.upper(), "2f" * 32):
        refused(Reason.WRONG_KEY, join, bob, "#ops", wrong)
    join(bob, "#ops", KEY)
    kept = real_space.admin.hgetall(real_space.key("room:#ops:rights"))
    assert KEY not in str(kept)
    guard(alice, "#ops", off=(Guard.KEY,))
    join(carol, "#ops")
    assert "key" not in real_space.admin.hgetall(real_space.key("room:#ops:rights"))


def test_by_invitation_only_the_invited_come_in_and_are_told(real_space: Space) -> None:
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice, bob, carol = one.claim("Alice"), two.claim("Bob"), two.claim("Carol")
    join(alice, "#ops")
    guard(alice, "#ops", Guard.INVITE, Guard.KEY, digest=KEY)
    refused(Reason.NOT_INVITED, join, bob, "#ops", KEY)
    assert govern(alice, "#ops", "invite", "bob", "come").invited == ("Bob",)
    two.events.wait(lambda: two.events.right_hints, "the invitation")
    (hint,) = two.events.right_hints
    assert (hint.session, hint.what, hint.room, hint.by, hint.text) == (bob.session, "invited", "#ops", "Alice", "come")
    assert not govern(alice, "#ops", "invite", "bob").changed  # it is not told again
    join(bob, "#ops")
    refused(Reason.NOT_INVITED, join, carol, "#ops")
    refused(Reason.NO_SUCH_NICK, govern, alice, "#ops", "invite", "nobody")
    assert govern(bob, "#ops", "tell").invited == ()


def test_who_is_removed_has_left_is_told_why_and_does_not_come_back_until_invited(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    done = govern(alice, "#ops", "remove", "bob", "too loud")
    assert done.removed == ("Bob",)
    assert [(left["nick"], left["text"]) for left in space.kinds("#ops", "left")] == [("Bob", "removed too loud")]
    assert "#ops" not in space.row(bob)["rooms"]
    assert said(bob, "hm", "#ops") == Reason.NOT_MEMBER
    refused(Reason.REMOVED, join, bob, "#ops")
    bob.end()
    two.events.wait(lambda: not space.admin.exists(space.key(f"session:{bob.session}")), "the end")
    again = two.claim("Bob")  # the same name again: no way round it
    refused(Reason.REMOVED, join, again, "#ops")
    assert govern(alice, "#ops", "invite", "bob").removed == ()
    join(again, "#ops")


def test_who_is_away_when_removed_is_owed_the_room_up_to_there(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    bob.away()
    govern(alice, "#ops", "remove", "bob")
    (offset,) = [place for place, fields in space.stream("#ops") if fields["kind"] == "left"]
    back = bob.resume_at(node)
    assert "#ops" not in back.claimed.logs
    assert back.claimed.parted["#ops"].offset == offset


def test_who_is_muted_may_not_say_there_and_that_uses_up_the_number(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    assert govern(alice, "#ops", "mute", "bob").muted == ("Bob",)
    assert said(bob, "one", "#ops") == Reason.MUTED
    assert said(bob, "one", "#ops", n=bob.n) == Reason.MUTED  # its outcome, not another try
    assert bob.said("elsewhere").n == 2
    alice.said("I may", "#ops")
    assert govern(bob, "#ops", "tell").yours == "muted"
    govern(alice, "#ops", "unmute", "bob")
    bob.said("again", "#ops")
    assert [fields["text"] for fields in space.kinds("#ops", "message")] == ["I may", "again"]
    two.events.wait(lambda: [hint.what for hint in two.events.right_hints] == ["muted", "unmuted"], "both are told")


def test_where_nobody_is_muted_the_quick_path_looks_at_nobody(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    govern(alice, "#ops", "mute", "bob")
    assert space.admin.hget(space.key("room:#ops:meta"), "rights").endswith("m")
    govern(alice, "#ops", "unmute", "bob")
    assert space.admin.hget(space.key("room:#ops:meta"), "rights").isdigit()
    # As if the hash were damaged: who is not looked up is not stopped by it either.
    space.admin.set(space.key("room:#ops:rights"), "no hash")
    bob.said("quick", "#ops")


def test_a_private_room_is_not_told_of(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    join(alice, "#den")
    guard(alice, "#den", Guard.PRIVATE)
    one.cluster.set_topic(alice.session, alice.claim, "#den", "quiet")
    alice.said("secret", "#den")
    ask = two.cluster
    assert ask.rooms(bob.session) == [(LOBBY, 2)] == ask.rooms()
    assert ask.rooms(alice.session) == [("#den", 1), (LOBBY, 2)]
    assert ask.whois("alice", bob.session).rooms == (LOBBY,)
    assert ask.whois("alice", alice.session).rooms == (LOBBY, "#den")
    assert ask.members("#den", bob.session) == ask.members("#nothing", bob.session) == []
    assert ask.topic("#den", bob.session) == ask.topic("#nothing", bob.session) == Topic("", "", 0)
    refused(Reason.NOT_MEMBER, ask.history, "#den", 0, 10, bob.session)
    refused(Reason.NOT_MEMBER, govern, bob, "#den", "tell")
    refused(Reason.NOT_MEMBER, govern, bob, "#nothing", "tell")
    join(bob, "#den")  # who knows its name may come in, as nothing else guards it
    assert ask.rooms(bob.session) == [("#den", 2), (LOBBY, 2)]
    assert [entry.text for entry in ask.history("#den", 0, 10, bob.session)] == ["secret"]


def test_a_room_with_a_key_is_listed_and_read_by_members_only(real_space: Space) -> None:
    node = real_space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    alice.said("secret", "#ops")
    assert members(bob, "#ops") == ["Alice"]
    guard(alice, "#ops", Guard.KEY, digest=KEY)
    assert node.cluster.rooms(bob.session) == [(LOBBY, 2), ("#ops", 1)]
    refused(Reason.NOT_MEMBER, members, bob, "#ops")
    refused(Reason.NOT_MEMBER, node.cluster.topic, "#ops", bob.session)
    refused(Reason.NOT_MEMBER, node.cluster.history, "#ops", 0, 10, bob.session)


def test_a_topic_may_be_the_owners_alone(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    guard(alice, "#ops", Guard.TOPIC)
    refused(Reason.NOT_OWNER, node.cluster.set_topic, bob.session, bob.claim, "#ops", "mine")
    assert node.cluster.set_topic(alice.session, alice.claim, "#ops", "mine").changed
    assert members(node.claim("Carol"), "#ops") == ["Alice", "Bob"]  # it guards nothing else


def test_a_room_is_handed_over_to_a_member(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    join(alice, "#ops")
    refused(Reason.NO_SUCH_NICK, govern, alice, "#ops", "owner", "bob")  # he isn't in it
    join(bob, "#ops")
    govern(alice, "#ops", "mute", "bob")
    assert govern(alice, "#ops", "owner", "bob") == Rights("#ops", "Bob", frozenset(), changed=True)
    # The answer was lost, and the client asks again: it is so, though it is not the owner any more.
    assert govern(alice, "#ops", "owner", "bob") == Rights("#ops", "Bob", frozenset())
    refused(Reason.NOT_OWNER, govern, alice, "#ops", "owner", "alice")
    refused(Reason.NOT_OWNER, govern, alice, "#ops", "remove", "bob")
    bob.said("mine", "#ops")  # an owner is not muted
    assert govern(bob, "#ops", "tell").own


@pytest.mark.parametrize("way", ["leave", "end"])
def test_the_member_who_has_been_there_longest_and_may_speak_inherits(space: Space, way: str) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob, carol, dave = one.claim("Alice"), two.claim("Bob"), two.claim("Carol"), one.claim("Dave")
    for user in (alice, bob, carol, dave):
        join(user, "#ops")
    govern(alice, "#ops", "mute", "bob")
    guard(alice, "#ops", Guard.INVITE)
    if way == "leave":
        alice.leave("#ops")
    else:
        alice.end()
    two.events.wait(lambda: [hint.what for hint in two.events.right_hints] == ["muted", "owner"], "the heir is told")
    assert govern(carol, "#ops", "tell").own
    assert govern(dave, "#ops", "tell") == Rights("#ops", "Carol", frozenset({Guard.INVITE}))


def test_a_room_that_is_empty_begins_anew_and_what_was_said_behind_guards_stays_there(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    node.hear("#ops")
    join(alice, "#ops")
    guard(alice, "#ops", Guard.INVITE, Guard.PRIVATE)
    alice.said("secret", "#ops")
    before = node.cluster.read("#ops", alice.claimed.logs[LOBBY], 1).position
    alice.leave("#ops")
    node.events.wait(lambda: any(told.fallen for told in node.events.rights), "its nodes are told to forget")
    join(bob, "#ops")
    assert govern(bob, "#ops", "tell") == Rights("#ops", "Bob", frozenset(), own=True)
    assert node.cluster.history("#ops", 0, 50, bob.session) == []
    page = node.cluster.read("#ops", Position(before.epoch, 0), 9)
    assert [entry.kind for entry in page.entries] == ["joined"]
    assert page.lost_first == 1  # whoever was owed something of it is told so
    assert node.cluster.rooms(alice.session) == [(LOBBY, 2), ("#ops", 1)]


def test_who_leaves_a_guarded_room_as_its_last_and_reads_on_misses_nothing(space: Space) -> None:
    """He has moved just before, and is still owed what came since: his own going."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    node.hear("#ops")
    join(alice, "#ops")
    guard(alice, "#ops", Guard.INVITE)
    alice.said("secret", "#ops")
    seen = node.cluster.read(
        "#ops", Position(node.cluster.read("#ops", alice.claimed.logs[LOBBY], 1).position.epoch, 0), 9
    )
    alice.leave("#ops")
    page = node.cluster.read("#ops", seen.position, 9)
    assert (page.entries, page.lost_first) == ((), 0)
    assert page.start == page.position.offset + 1 == seen.position.offset + 2


def test_an_open_room_that_is_empty_keeps_what_was_said(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    alice.said("for all", "#ops")
    alice.leave("#ops")
    join(bob, "#ops")
    assert [entry.text for entry in node.cluster.history("#ops", 0, 50, bob.session)] == ["for all"]


def test_a_registered_owner_keeps_the_room_over_sessions_and_while_nobody_is_in_it(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    space.admin.hset(space.key("accounts"), "a1", "alice")
    space.admin.hset(space.key(f"session:{alice.session}"), "account", "a1")
    space.admin.hset(space.key("accounts"), "a1", "alice")
    join(alice, "#ops")
    guard(alice, "#ops", Guard.INVITE)
    alice.end()
    node.events.wait(lambda: not space.admin.exists(space.key("room:#ops:members")), "empty")
    assert space.admin.ttl(space.key("room:#ops:rights")) > 0
    refused(Reason.NOT_INVITED, join, bob, "#ops")
    again = node.claim("Alice")
    space.admin.hset(space.key(f"session:{again.session}"), "account", "a1")
    join(again, "#ops")
    assert govern(again, "#ops", "tell").own
    assert space.admin.ttl(space.key("room:#ops:rights")) == -1


def test_who_registers_after_founding_keeps_it(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    join(alice, "#ops")
    join(bob, "#ops")
    space.admin.hset(space.key("accounts"), "a1", "alice")
    space.admin.hset(space.key(f"session:{alice.session}"), "account", "a1")
    space.admin.hset(space.key("accounts"), "a1", "alice")
    alice.leave("#ops")
    assert govern(bob, "#ops", "tell").owner == "Alice"
    assert govern(alice, "#ops", "mute", "bob").muted == ("Bob",)  # also from outside


def test_lists_are_bounded_and_the_first_is_forgotten(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    join(alice, "#ops")
    where = space.key("room:#ops:rights")
    space.admin.hset(where, mapping={f"invited:s{n}": f"{n} n{n} N{n}" for n in range(1, 201)})
    node.claim("Bob")
    govern(alice, "#ops", "invite", "bob")
    invited = [field for field in space.admin.hkeys(where) if field.startswith("invited:")]
    assert len(invited) == 200
    assert "invited:s1" not in invited


def test_members_are_told_of_owner_and_guards(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    join(alice, "#ops")
    two.hear("#ops")
    join(bob, "#ops")
    guard(alice, "#ops", Guard.TOPIC, Guard.PRIVATE)
    wanted = Rights("#ops", "Alice", frozenset({Guard.TOPIC, Guard.PRIVATE}))
    two.events.wait(lambda: wanted in two.events.rights, "the change")


def test_what_a_node_of_an_earlier_version_leaves_behind_locks_nobody_out(space: Space) -> None:
    node = space.serve("n1")
    alice, bob, carol = node.claim("Alice"), node.claim("Bob"), node.claim("Carol")
    join(alice, "#ops")
    guard(alice, "#ops", Guard.INVITE)
    alice.said("secret", "#ops")
    space.admin.hset(space.key("room:#ops:members"), bob.session, "Bob")
    space.admin.hdel(space.key("room:#ops:members"), alice.session)  # it knows nothing of owners
    assert govern(bob, "#ops", "tell").owner == "Bob"  # who is a member may go on
    space.admin.delete(space.key("room:#ops:members"))
    join(carol, "#ops")
    assert govern(carol, "#ops", "tell") == Rights("#ops", "Carol", frozenset(), own=True)
    assert node.cluster.history("#ops", 0, 9, carol.session) == []
