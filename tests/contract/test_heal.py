"""R5: what Redis lost is brought back from what nodes remember and senders say again, once, in order."""

from __future__ import annotations

import pytest

from cluster.types import Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.lives import (
    after,
    gaps,
    keep_only,
    offsets,
    restart,
    slow_to_remember,
    talk,
    texts,
    wait_healed,
    wait_recovered,
)
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Space
from tests.support.waiting import wait_until


def test_a_clean_heal_shows_nobody_anything(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    kept = talk(alice, 2, one, two, what="kept")
    lost: list[Published] = []
    rewinder(lambda: lost.extend(talk(alice, 3, one, two)))
    wait_recovered(one, two)
    assert bob.said("after").n == 1
    wait_healed(own_space)
    assert texts(own_space) == ["kept 0", "kept 1", "lost 0", "lost 1", "lost 2", "after"]
    assert offsets(own_space) == list(range(1, len(offsets(own_space)) + 1))
    assert gaps(own_space) == []
    assert own_space.kinds(LOBBY, "left") == []
    former, rest = kept[0].position.epoch, ["kept 1", "lost 0", "lost 1", "lost 2", "after"]
    for i in range(5):
        assert after(two, Position(former, kept[0].position.offset + i)) == rest[i:]
    # Who never heard that it was accepted asks again, and nothing is said twice.
    assert alice.said("lost 1", n=4).position.epoch != former
    assert alice.said("next").n == 6
    assert texts(own_space).count("lost 1") == 1
    restored = own_space.kinds(LOBBY, "message")[2]
    assert restored["was"] == f"{former}:{lost[0].position.offset}"
    assert own_space.admin.keys(own_space.key("*:tail")) == own_space.admin.keys(own_space.key("*:known")) == []


def test_what_two_nodes_hold_adds_up(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    two.claim("Bob")

    def act() -> None:
        talk(alice, 5, one, two)
        keep_only(one, "lost 0", "lost 2", "lost 3")
        keep_only(two, "lost 1", "lost 3", "lost 4")

    rewinder(act)
    wait_recovered(one, two)
    wait_healed(own_space)
    assert texts(own_space) == [f"lost {i}" for i in range(5)]
    assert gaps(own_space) == []


def test_a_hole_is_named_in_its_place(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    two.claim("Bob")
    lost: list[Published] = []

    def act() -> None:
        lost.extend(talk(alice, 6, one, two))
        keep_only(one, "lost 0", "lost 1", "lost 5")
        keep_only(two, "lost 0", "lost 5")

    rewinder(act)
    wait_recovered(one, two)
    wait_healed(own_space)
    epoch, first = lost[0].position.epoch, lost[0].position.offset
    hole = f"{epoch} {first + 2} {first + 4}"
    assert gaps(own_space) == [hole]
    assert texts(own_space) == ["lost 0", "lost 1", "lost 5"]
    told = [["lost 0", "lost 1", hole, "lost 5"], ["lost 1", hole, "lost 5"], [hole, "lost 5"]]
    for seen, expected in [(-1, told[0]), (0, told[1]), (1, told[2]), (2, told[2]), (4, told[2]), (5, [])]:
        assert after(one, Position(epoch, first + seen)) == expected, seen
    # The sender still has what is lost: it comes late, once, and says so.
    again = alice.said_again("lost 3", lost[3])
    assert alice.said_again("lost 3", lost[3]).position == again.position
    own_space.admin.delete(own_space.key(f"session:{alice.session}:said"))  # an outcome does not last for ever
    assert alice.said_again("lost 3", lost[3]).position == again.position
    there = alice.said_again("lost 5", lost[5]).position
    assert (there.epoch, there.offset) == (again.position.epoch, again.position.offset - 1)
    assert texts(own_space) == ["lost 0", "lost 1", "lost 5", "lost 3"]
    (late,) = [entry for entry in one.read_all(LOBBY) if entry.late]
    assert (late.text, late.n, late.was) == ("lost 3", 4, (lost[3].position,))
    one.wait_texts(["lost 3"])
    assert one.events.of("message")[-1].was == (lost[3].position,)


@pytest.mark.parametrize("forgotten", [1, 20])
def test_many_holes_are_merged(own_space: Space, rewinder: Rewinder, forgotten: int) -> None:
    node = own_space.serve("n1")
    alice = node.claim("Alice")
    lost: list[Published] = []

    def act() -> None:
        lost.extend(talk(alice, 41, node))
        keep_only(node, *(f"lost {i}" for i in range(41) if i % 2 or i >= 2 * forgotten))

    rewinder(act)
    wait_recovered(node)
    wait_healed(own_space)
    named = [tuple(int(word) for word in text.split()[1:]) for text in gaps(own_space)]
    assert len(named) == min(forgotten, 8)
    missing = {lost[2 * i].position.offset for i in range(forgotten)}
    assert missing <= {offset for first, last in named for offset in range(first, last + 1)}
    assert named[-1][1] == max(missing)


def test_everything_lost_comes_back_from_the_nodes(space: Space) -> None:
    """FLUSHALL."""
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    said = talk(alice, 3, one, two, what="said")
    letter = alice.said("psst", "@bob")
    two.wait_texts(["psst"], bob.inbox)
    space.admin.flushall()
    wait_recovered(one, two)
    wait_healed(space)
    assert texts(space) == ["said 0", "said 1", "said 2"]
    assert texts(space, bob.inbox) == ["psst"]
    assert gaps(space) == gaps(space, bob.inbox) == []
    assert space.kinds(LOBBY, "left") == []
    assert after(one, said[1].position) == ["said 2"]
    assert alice.said("said 2", n=3).n == alice.said("psst", "@bob", n=4).n - 1
    assert alice.said_again("psst", letter, "@bob").n == 4
    assert (texts(space), texts(space, bob.inbox)) == (["said 0", "said 1", "said 2"], ["psst"])
    assert alice.said("after").n == 5


def test_who_comes_late_brings_what_only_it_has(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1", 1.0), own_space.serve("n2", 1.0)
    alice, bob = one.claim("Alice"), two.claim("Bob")
    lost: list[Published] = []

    def act() -> None:
        lost.extend(talk(alice, 4, one, two))
        keep_only(one, "lost 0")

    with slow_to_remember(two) as gate:
        rewinder(act)
        wait_recovered(one)
        alice.said("after")  # open after half a lease
        again = alice.said_again("lost 2", lost[2])
        gate.set()
        wait_recovered(two)
    wait_healed(own_space)
    assert texts(own_space) == ["lost 0", "after", "lost 2", "lost 1", "lost 3"]
    late = {entry.text: entry for entry in two.read_all(LOBBY) if entry.late}
    assert {text: entry.n for text, entry in late.items()} == {"lost 2": 3, "lost 1": 2, "lost 3": 4}
    assert late["lost 2"].offset == again.position.offset
    assert alice.said("lost 3", n=4).position.offset == late["lost 3"].offset
    assert bob.said("here").n == 1
    assert len(texts(own_space)) == 6


def test_an_outcome_that_a_rewind_took_is_said_anew(own_space: Space, rewinder: Rewinder) -> None:
    """Its answer was never heard, and a later one is in another log."""
    one = own_space.serve("n1")
    alice = one.claim("Alice")
    alice.join("#ops")

    def act() -> None:
        alice.said("one", "#ops")
        alice.said("two")
        one.wait_texts(["two"])
        with one.events.changed:
            one.events.entries = [entry for entry in one.events.entries if entry.log != "#ops"]
        alice.relist(n=0)

    rewinder(act)
    wait_recovered(one)
    assert alice.said("two", n=2).n == 2
    assert alice.said("one", "#ops", n=1).n == 1
    assert (texts(own_space), texts(own_space, "#ops")) == (["two"], ["one"])


def test_what_cannot_be_healed_keeps_no_other_from_it(real_space: Space) -> None:
    """Real only: fakeredis closes the connection after each error."""
    node = real_space.serve("n1")
    alice = node.claim("Alice")
    alice.join("#ops")
    node.hear("#ops")
    alice.said("in ops", "#ops")
    node.wait_texts(["in ops"], "#ops")
    real_space.admin.flushall()
    for room in (LOBBY, "#a", "#b", "#c", "#d", "#e", "#f"):
        real_space.admin.set(real_space.key(f"room:{room}:tail"), "spoilt")
        real_space.admin.sadd(real_space.key("healing"), room)
    wait_recovered(node)
    wait_until(lambda: texts(real_space, "#ops") == ["in ops"], what="the other is healed")
    assert node.events.fatal == []


def test_an_entry_that_the_top_does_not_count_stops_nobody(own_space: Space, rewinder: Rewinder) -> None:
    """A script whose effects are not whole in a file that was cut."""
    node = own_space.serve("n1")
    alice = node.claim("Alice")
    kept = alice.said("kept")
    node.wait_texts(["kept"])
    own_space.admin.hset(own_space.key(f"room:{LOBBY}:meta"), "top", kept.position.offset - 1)
    rewinder(lambda: own_space.admin.get("nothing"))
    wait_recovered(node)
    assert alice.said("after").position.offset == kept.position.offset + 1
    assert texts(own_space) == ["kept", "after"]


def test_the_outcome_of_a_letter_counts_also_when_its_addressee_has_gone(
    own_space: Space, own_redis: RealRedis
) -> None:
    one = own_space.serve("n1")
    alice, bob = one.claim("Alice"), one.claim("Bob")
    sent = alice.said("psst", "@bob")
    restart(own_redis)
    wait_recovered(one)
    bob.end()
    stranger = one.claim("Bob")
    again = alice.say("psst", "@bob", n=1)
    assert isinstance(again, Published)
    assert again.position == sent.position
    assert texts(own_space, stranger.inbox) == []
