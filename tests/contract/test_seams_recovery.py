"""Registered nicknames and the rights in a room, when Redis has lost its data: accounts are gone, rights are not."""

from __future__ import annotations

from cluster.types import Guard, Reason
from tests.contract.lives import wait_healed, wait_recovered
from tests.contract.owners import login, register
from tests.contract.space import Space
from tests.contract.test_rights import govern, guard, join, refused, said


def test_who_was_registered_owns_his_room_as_a_member_then_it_is_inherited(real_space: Space) -> None:
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice, bob, carol = one.claim("Alice"), two.claim("Bob"), two.claim("Carol")
    register(alice)
    for node in (one, two):
        node.hear("#den")
    join(alice, "#den")
    guard(alice, "#den", Guard.INVITE)
    govern(alice, "#den", "invite", "bob")
    join(bob, "#den")
    for node in (one, two):
        node.events.wait(lambda node=node: any(told.guards for told in node.events.rights), "known")  # type: ignore[misc]
    real_space.admin.flushall()
    assert govern(bob, "#den", "tell").owner == "Alice"  # at once: it waits until all are back
    wait_recovered(one, two)
    wait_healed(real_space)
    assert govern(alice, "#den", "tell").own
    refused(Reason.NOT_INVITED, join, carol, "#den")
    alice.leave("#den")
    assert govern(bob, "#den", "tell").own
    refused(Reason.NOT_INVITED, join, carol, "#den")


def test_a_mute_holds_for_an_account_that_is_lost(real_space: Space) -> None:
    one, two = real_space.serve("n1"), real_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    register(bob)
    for node in (one, two):
        node.hear("#den")
    join(alice, "#den")
    join(bob, "#den")
    govern(alice, "#den", "mute", "bob")
    two.events.wait(lambda: bool(two.events.right_hints), "told")
    real_space.admin.flushall()
    wait_recovered(one, two)
    wait_healed(real_space)
    assert said(bob, "hm", "#den") == Reason.MUTED
    bob.end()
    again = two.claim("Bob")
    join(again, "#den")
    assert said(again, "hm", "#den") == Reason.MUTED


def test_who_takes_his_name_back_goes_on_as_the_owner_of_his_rooms(real_space: Space) -> None:
    one = real_space.serve("n1")
    alice = one.claim("Alice")
    register(alice)
    join(alice, "#den")
    again = login(one, "Alice")
    assert "#den" in again.claimed.logs
    assert govern(again, "#den", "tell").own
