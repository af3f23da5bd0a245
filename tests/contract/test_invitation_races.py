"""An owner invites, removes and mutes somebody at once, who joins meanwhile at another node: whatever comes first, what
is left is what some order of these would have left. No other node can be had to act for the owner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import pytest

from cluster.types import Guard, Reason
from tests.contract.space import Node, Space, User
from tests.contract.test_rights import guard, join
from tests.contract.test_rights_races import at_once, members, rights

TIMES = 20
ACTS = ("invite", "remove", "mute", "join")


@dataclass
class Model:
    """Of one who is not the owner, in a room for the invited."""

    is_member: bool = False
    invited: bool = False
    removed: bool = False
    muted: bool = False
    joined: str = ""
    moves: tuple[str, ...] = ()

    def invite(self) -> None:
        self.removed = False
        self.invited = self.invited or not self.is_member

    def remove(self) -> None:
        self.moves += ("left",) if self.is_member else ()
        self.is_member = self.invited = False
        self.removed = True

    def mute(self) -> None:
        self.muted = True

    def join(self) -> None:
        barred = Reason.REMOVED if self.removed else "" if self.invited or self.is_member else Reason.NOT_INVITED
        self.joined = barred or "ok"
        self.moves += () if barred or self.is_member else ("joined",)
        self.is_member = self.is_member or not barred

    def after(self, order: Sequence[str]) -> Model:
        found = Model(**vars(self))
        for act in order:
            getattr(found, act)()
        return found


def of(space: Space, room: str, user: User, joined: str) -> Model:
    """As it is now, in Redis."""
    kinds = {field.partition(":")[0] for field in rights(space, room) if user.session in field}
    moves = tuple(fields["kind"] for _, fields in space.stream(room) if fields["session"] == user.session)
    return Model(
        user.session in members(space, room), "invited" in kinds, "removed" in kinds, "muted" in kinds, joined, moves
    )


def act(owner: User, room: str, what: str, nick: str, node: Node | None = None) -> Callable[[], object]:
    """`node`: another than the owner's."""
    cluster = (node or owner.node).cluster
    return lambda: cluster.govern(owner.session, owner.claim, room, what, nick, "")


def enter(user: User, room: str) -> Callable[[], object]:
    return lambda: user.node.cluster.join(user.session, user.claim, room)


@pytest.mark.parametrize("before", [(), ("invite",), ("invite", "join"), ("remove",), ("invite", "join", "mute")])
def test_what_is_left_is_what_some_order_would_have_left(real_space: Space, before: Sequence[str]) -> None:
    alice, bob = real_space.serve("n1").claim("Alice"), real_space.serve("n2").claim("Bob")
    for number in range(TIMES):
        room = f"#r{number}"
        join(alice, room)
        guard(alice, room, Guard.INVITE)
        for what in before:
            (enter(bob, room) if what == "join" else act(alice, room, what, "bob"))()
        doing = [act(alice, room, what, "bob") for what in ACTS[:3]]
        *told, joined = at_once(*doing, enter(bob, room))
        assert told == ["ok"] * 3
        found = of(real_space, room, bob, joined)
        begun = Model().after(before)
        assert found in [begun.after(order) for order in permutations(ACTS)]
        # The rows agree with each other, and with what the owner is told.
        assert (room in real_space.row(bob)["rooms"].split(",")) == found.is_member
        seen = alice.node.cluster.govern(alice.session, alice.claim, room, "tell", "", "")
        assert (seen.invited, seen.muted, seen.removed) == tuple(
            ("Bob",) if named else () for named in (found.invited, found.muted, found.removed)
        )
        if found.is_member:  # so that the next round begins alike
            bob.node.cluster.leave(bob.session, bob.claim, room)


def test_of_many_invitations_at_once_there_is_one_and_it_is_told_once(real_space: Space) -> None:
    alice, bob = real_space.serve("n1").claim("Alice"), real_space.serve("n2").claim("Bob")
    for number in range(TIMES):
        room = f"#r{number}"
        join(alice, room)
        guard(alice, room, Guard.INVITE)
        assert at_once(*[act(alice, room, "invite", "bob")] * 6) == ["ok"] * 6
        named = [field for field in rights(real_space, room) if field.startswith("invited:")]
        assert named == [f"invited:{bob.session}"]
    hints = bob.node.events.right_hints
    bob.node.events.wait(lambda: hints and hints[-1].room == f"#r{TIMES - 1}", "he is told of the last one")
    assert [hint.room for hint in hints] == [f"#r{number}" for number in range(TIMES)]


def test_who_hands_a_room_over_while_he_invites_invites_first_or_nobody(real_space: Space) -> None:
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice, bob, carol = one.claim("Alice"), two.claim("Bob"), two.claim("Carol")
    for number in range(TIMES):
        room = f"#r{number}"
        for user in (alice, carol):
            join(user, room)
        guard(alice, room, Guard.INVITE)
        given, invited, entered = at_once(
            act(alice, room, "owner", "carol"), act(alice, room, "invite", "bob"), enter(bob, room)
        )
        assert (given, invited) in (("ok", "ok"), ("ok", Reason.NOT_OWNER))
        assert (f"invited:{bob.session}" in rights(real_space, room)) == (invited == "ok")
        assert entered == Reason.NOT_INVITED or (entered, invited) == ("ok", "ok")
        assert at_once(act(alice, room, "invite", "bob")) == [Reason.NOT_OWNER]


@pytest.mark.parametrize("what", ["invite", "remove", "mute", "unmute", "owner"])
def test_no_node_acts_for_a_session_that_another_one_has(real_space: Space, what: str) -> None:
    """Not even with its claim, as a node that is taken over might have read it."""
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    for user in (alice, bob):
        join(user, "#r")
    before = rights(real_space, "#r")
    (told,) = at_once(act(alice, "#r", what, "bob", two))
    assert told == "the session is no longer this connection's"
    assert rights(real_space, "#r") == before
    assert members(real_space, "#r") == {alice.session, bob.session}
