"""R5: a guarded room does not come back open, whatever Redis has lost."""

from __future__ import annotations

import pytest

from cluster.types import Guard, Reason, Rights
from tests.contract.lives import wait_healed, wait_recovered
from tests.contract.owners import register
from tests.contract.rewinder import Rewinder
from tests.contract.space import Node, Space, User
from tests.contract.test_rights import KEY, govern, guard, join, refused, said
from tests.support.waiting import wait_until

ALL = frozenset({Guard.KEY, Guard.INVITE, Guard.PRIVATE})


def guarded(one: Node, *others: Node) -> User:
    """Alice owns #den, and every node that hears it knows."""
    alice = one.claim("Alice")
    for node in (one, *others):
        node.hear("#den")
    join(alice, "#den")
    guard(alice, "#den", *ALL, digest=KEY)
    for node in (one, *others):
        node.events.wait(lambda node=node: any(told.guards == ALL for told in node.events.rights), "known")  # type: ignore[misc]
    return alice


def test_everything_lost_and_the_guards_stand_before_anybody_comes(real_space: Space) -> None:
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice, bob, carol = guarded(one, two), two.claim("Bob"), two.claim("Carol")
    govern(alice, "#den", "invite", "bob")
    join(bob, "#den")
    govern(alice, "#den", "mute", "bob")
    two.events.wait(lambda: [hint.what for hint in two.events.right_hints] == ["invited", "muted"], "told")
    real_space.admin.flushall()
    wait_recovered(one, two)
    wait_healed(real_space)
    refused(Reason.NOT_INVITED, join, carol, "#den", KEY)
    assert said(bob, "hm", "#den") == Reason.MUTED
    assert govern(alice, "#den", "tell").muted == ("Bob",)
    assert real_space.admin.smembers(real_space.key("private")) == {"#den"}
    guard(alice, "#den", off=(Guard.INVITE,))
    join(carol, "#den", KEY)  # the old key is the key


@pytest.mark.parametrize("forgetful", [False, True])
def test_what_was_changed_last_counts_where_redis_is_older(
    own_space: Space, rewinder: Rewinder, forgetful: bool
) -> None:
    """`forgetful`: not even his left entry is known to anybody, but for the rights."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    one.events.forgetful = two.events.forgetful = forgetful
    alice, bob = one.claim("Alice"), two.claim("Bob")
    one.hear("#den")
    join(alice, "#den")
    join(bob, "#den")
    guard(alice, "#den", Guard.TOPIC)

    def act() -> None:
        govern(alice, "#den", "remove", "bob", "too loud")
        guard(alice, "#den", Guard.INVITE)
        wanted = Rights("#den", "Alice", frozenset({Guard.INVITE, Guard.TOPIC}))
        one.events.wait(lambda: wanted in one.events.rights, "the change")

    rewinder(act)
    wait_recovered(one, two)
    wait_healed(own_space)
    # His own node was re-claiming him, as it had not heard of it: in vain.
    assert "#den" not in own_space.row(bob)["rooms"]
    assert not own_space.admin.hexists(own_space.key("room:#den:members"), bob.session)
    refused(Reason.REMOVED, join, bob, "#den")
    assert govern(alice, "#den", "tell").guards == {Guard.INVITE, Guard.TOPIC}


def test_who_missed_the_change_learns_of_it_with_a_heartbeat(real_space: Space) -> None:
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice = one.claim("Alice")
    join(alice, "#den")
    guard(alice, "#den", Guard.PRIVATE)
    two.hear("#den")  # too late for the hint
    with two.events.changed:
        two.events.logs = ["#den"]
    two.events.wait(lambda: Rights("#den", "Alice", frozenset({Guard.PRIVATE})) in two.events.rights, "asked for")
    one.stop()
    real_space.nodes.remove(one)
    real_space.admin.flushall()
    wait_recovered(two)
    wait_until(lambda: real_space.admin.exists(real_space.key("room:#den:rights")), what="brought back")


def test_an_outdated_memory_undoes_nothing(real_space: Space) -> None:
    """A restart of Redis that lost nothing, and a node that has missed the last change."""
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice = guarded(one, two)
    two.cluster._kept_rights._rooms["#den"] = (2, "guards private")
    version = real_space.admin.hget(real_space.key("room:#den:rights"), "version")
    real_space.admin.delete(real_space.key("term"))
    wait_recovered(one, two)
    assert govern(alice, "#den", "tell").guards == ALL
    assert real_space.admin.hget(real_space.key("room:#den:rights"), "version") == version


def test_who_was_there_before_the_loss_inherits_before_those_who_came_since(real_space: Space) -> None:
    node = real_space.serve("n1")
    alice, bob, carol = guarded(node), node.claim("Bob"), node.claim("Carol")
    guard(alice, "#den", off=(Guard.INVITE, Guard.KEY))
    join(bob, "#den")
    real_space.admin.flushall()
    wait_recovered(node)
    wait_healed(real_space)
    join(carol, "#den")
    alice.leave("#den")
    assert govern(carol, "#den", "tell").owner == "Bob"


def test_the_room_of_an_account_that_is_lost_has_an_heir(real_space: Space) -> None:
    """Accounts are gone with the data: who was its owner is so as long as he is here, and then somebody else is."""
    node = real_space.serve("n1")
    node.hear("#den")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    register(alice)
    join(alice, "#den")
    join(bob, "#den")
    guard(alice, "#den", Guard.KEY, digest=KEY)
    node.events.wait(lambda: any(told.guards for told in node.events.rights), "known")
    real_space.admin.flushall()
    wait_recovered(node)
    assert govern(alice, "#den", "tell").own
    register(alice)
    assert govern(alice, "#den", "tell").own
    real_space.admin.hdel(real_space.key("accounts"), real_space.row(alice)["account"])  # lost once more
    alice.end()
    wait_until(lambda: not real_space.row(alice), what="ended")
    assert govern(bob, "#den", "tell").own
    bob.end()
    wait_until(lambda: not real_space.row(bob), what="ended")
    assert not real_space.admin.exists(real_space.key("room:#den:rights"))
