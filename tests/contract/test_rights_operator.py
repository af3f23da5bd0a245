"""What an operator overrides in a room."""

from __future__ import annotations

from cluster.operator import acts
from cluster.operator.acts import RightsRow
from cluster.types import Guard, Rights
from tests.contract.desk import desk_at
from tests.contract.space import Space
from tests.contract.test_rights import govern, guard, join


def test_a_room_is_opened_and_given_away(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob, carol = one.claim("Alice"), two.claim("Bob"), two.claim("Carol")
    join(alice, "#ops")
    join(bob, "#ops")
    guard(alice, "#ops", Guard.INVITE, Guard.PRIVATE)
    govern(alice, "#ops", "mute", "bob")
    govern(alice, "#ops", "remove", "carol")
    with desk_at(space) as at:
        held = RightsRow(alice.session, "Alice", ["invite", "private"], 0, 1, 1)
        assert acts.override(at, "#ops") == held
        assert acts.override(at, "#ops", "owner", "carol") is None  # she isn't in it
        assert acts.override(at, "#ops") == held
        assert acts.override(at, "#ops", "open") == RightsRow(alice.session, "Alice", [], 0, 0, 0)
        join(carol, "#ops")
        bob.said("again", "#ops")
        assert acts.override(at, "#ops", "owner", "carol") == RightsRow(carol.session, "Carol", [], 0, 0, 0)
        assert acts.override(at, "#nothing", "open") is None
    two.events.wait(lambda: two.events.right_hints[-1:] and two.events.right_hints[-1].what == "owner", "she is told")
    assert govern(carol, "#ops", "tell") == Rights("#ops", "Carol", frozenset(), own=True)
    assert space.admin.smembers(space.key("private")) == set()
