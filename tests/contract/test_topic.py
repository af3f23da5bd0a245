"""What a room is about: changed with its entry, by members, once."""

from __future__ import annotations

import pytest

from cluster.errors import Fenced, Refused
from cluster.types import Company, Reason, Topic
from tests.contract.lives import wait_healed, wait_recovered
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Space


def test_a_topic_is_an_entry_and_is_known_to_who_comes_in(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    alice.join("#tea")
    two.hear("#tea")
    assert one.cluster.topic("#tea") == Topic("", "", 0)
    done = one.cluster.set_topic(alice.session, alice.claim, "#tea", "green, or 黒")
    assert done.changed
    two.events.wait(lambda: two.events.of("topic"), "the entry")
    (entry,) = two.events.of("topic")
    assert (entry.log, entry.offset, entry.nick, entry.text) == ("#tea", done.position.offset, "Alice", "green, or 黒")
    assert two.cluster.topic("#tea") == Topic("green, or 黒", "Alice", done.time)
    bob.join("#tea")
    assert two.cluster.company("#tea", 9) == Company(2, ["Alice", "Bob"], "green, or 黒")
    assert two.cluster.topic(LOBBY) == Topic("", "", 0)


def test_what_is_so_already_is_not_told_again_and_clearing_is(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    node.cluster.set_topic(alice.session, alice.claim, LOBBY, "tea")
    again = node.cluster.set_topic(bob.session, bob.claim, LOBBY, "tea")
    assert not again.changed
    node.cluster.set_topic(bob.session, bob.claim, LOBBY, "")
    told = [(fields["nick"], fields["text"]) for fields in space.kinds(LOBBY, "topic")]
    assert told == [("Alice", "tea"), ("Bob", "")]
    assert node.cluster.topic(LOBBY).text == ""
    assert node.cluster.topic(LOBBY).nick == "Bob"


def test_only_who_is_in_the_room_and_holds_the_session_may_change_it(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    bob.join("#ops")
    with pytest.raises(Refused) as refused:
        node.cluster.set_topic(alice.session, alice.claim, "#ops", "mine")
    assert refused.value.reason == Reason.NOT_MEMBER
    with pytest.raises(Fenced):
        node.cluster.set_topic(bob.session, "another", "#ops", "mine")
    assert space.kinds("#ops", "topic") == []


def test_a_topic_that_redis_lost_is_brought_back(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    one.cluster.set_topic(alice.session, alice.claim, LOBBY, "kept")

    def act() -> None:
        for text in ("lost", "lost, too"):
            one.cluster.set_topic(alice.session, alice.claim, LOBBY, text)
        for node in (one, two):
            node.events.wait(lambda node=node: len(node.events.of("topic")) == 3, "the entries")  # type: ignore[misc]

    rewinder(act)
    wait_recovered(one, two)
    wait_healed(own_space)
    assert [fields["text"] for fields in own_space.kinds(LOBBY, "topic")] == ["kept", "lost", "lost, too"]
    assert two.cluster.topic(LOBBY).text == "lost, too"
