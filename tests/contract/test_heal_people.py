"""R5: who is there, and who has left, after a loss."""

from __future__ import annotations

from tests.contract.lives import (
    slow_to_remember,
    wait_healed,
    wait_recovered,
)
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Space, User
from tests.support.waiting import wait_until


def test_who_quit_in_the_lost_time_leaves_no_ghost(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1", 0.7), own_space.serve("n2", 0.7)
    alice, bob = one.claim("Alice"), two.claim("Bob")
    alice.join("#ops")

    def act() -> None:
        alice.end()
        two.events.wait(lambda: two.events.of("left"), "she has left")

    rewinder(act)
    wait_recovered(one, two)
    wait_healed(own_space)
    wait_until(lambda: not own_space.row(alice), what="no ghost")
    assert bob.said("after").n == 1
    own_space.end_hold()
    assert [fields["text"] for fields in own_space.kinds(LOBBY, "left")] == ["quit"]
    assert len(own_space.kinds("#ops", "left")) == 1
    assert two.claim("Alice").said("the name is free").n == 1


def test_who_has_quit_is_not_brought_back_by_a_node_that_slept(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    moved = alice.resume_at(two)
    one.events.wait(lambda: one.events.taken, "taken")
    moved.end()
    two.events.wait(lambda: two.events.of("left"), "she has left")
    alice.list()  # the node did not hear of it
    with slow_to_remember(one) as gate:
        space.admin.flushall()
        wait_recovered(two)
        assert bob.said("after").n == 1
        gate.set()
        wait_recovered(one)
    assert space.row(alice) == {}
    assert [fields["text"] for fields in space.kinds(LOBBY, "left")] == ["quit"]


def test_a_restored_joined_of_nobody_is_ended_once(own_space: Space, rewinder: Rewinder) -> None:
    """Her node forgot her, and nobody else has her."""
    one, two = own_space.serve("n1", 0.7), own_space.serve("n2", 0.7)
    two.claim("Bob")
    found: list[User] = []

    def act() -> None:
        found.append(one.claim("Alice"))
        two.events.wait(lambda: "Alice" in {entry.nick for entry in two.events.of("joined")}, "she has joined")
        with one.events.changed:
            del one.events.listed[found[0].session]

    one.cluster._fresh.claimed = lambda record: None  # type: ignore[method-assign]
    rewinder(act)
    wait_recovered(one, two)
    wait_healed(own_space)
    assert own_space.admin.hexists(own_space.key(f"room:{LOBBY}:members"), found[0].session)
    assert own_space.kinds(LOBBY, "left") == []
    own_space.end_hold()
    wait_until(lambda: own_space.kinds(LOBBY, "left"), what="left")
    assert not own_space.admin.hexists(own_space.key(f"room:{LOBBY}:members"), found[0].session)
    assert own_space.admin.smembers(own_space.key("ghosts")) == set()
    assert len(own_space.kinds(LOBBY, "left")) == 1


def test_a_join_whose_answer_was_lost_is_told_once(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    bob.join("#ops")
    two.hear("#ops")

    def act() -> None:
        one.cluster.join(alice.session, alice.claim, "#ops")
        two.events.wait(lambda: len([e for e in two.events.of("joined") if e.log == "#ops"]) > 0, "joined")

    one.cluster._fresh.member = lambda *_: None  # type: ignore[method-assign]
    rewinder(act)
    wait_recovered(one, two)
    alice.join("#ops")
    assert [fields["nick"] for fields in own_space.kinds("#ops", "joined")] == ["Bob", "Alice"]
    assert own_space.row(alice)["rooms"] == f"{LOBBY},#ops"
    assert alice.said("in", "#ops").n == 1


def test_a_room_that_all_have_left_is_kept_for_a_time_only_when_it_is_brought_back(space: Space) -> None:
    node = space.serve("n1")
    bob = node.claim("Bob")
    node.hear("#ops")
    bob.join("#ops")
    bob.leave("#ops")
    node.events.wait(lambda: [entry for entry in node.events.of("left") if entry.log == "#ops"], "heard")
    space.admin.flushall()
    wait_recovered(node)
    wait_healed(space)
    assert [fields["kind"] for _, fields in space.stream("#ops")] == ["joined", "left"]
    assert space.admin.ttl(space.key("room:#ops:log")) > 0
