"""R5: one loss after the other, and lives that some have not seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.types import Published
from tests.contract.conftest import RealRedis
from tests.contract.lives import (
    after,
    gaps,
    keep_only,
    recall,
    restart,
    slow_to_remember,
    talk,
    texts,
    wait_healed,
    wait_open,
    wait_recovered,
)
from tests.contract.recorder import DEADLINE
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Space
from tests.contract.test_recovering import knows
from tests.support.waiting import wait_until

LONG = 20.0


def test_two_losses_back_to_one_state(own_space: Space, rewinder: Rewinder) -> None:
    """What was brought back once is brought back again."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    two.claim("Bob")
    rewinder(lambda: talk(alice, 3, one, two))
    wait_recovered(one, two)
    more = talk(alice, 2, one, two, what="more")
    recall(own_space, one, two)
    rewinder.back()
    wait_recovered(one, two, times=2)
    wait_healed(own_space)
    assert texts(own_space) == ["lost 0", "lost 1", "lost 2", "more 0", "more 1"]
    assert gaps(own_space) == []
    assert after(one, more[0].position) == ["more 1"]


def test_what_came_late_stays_late_over_another_loss(own_space: Space, rewinder: Rewinder) -> None:
    """It stands behind what was said after it, for those too who first see it then."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    two.claim("Bob")
    lost: list[Published] = []

    def act() -> None:
        lost.extend(talk(alice, 2, one, two))
        keep_only(one)
        keep_only(two)

    rewinder(act)
    wait_recovered(one, two)
    alice.said("after")
    alice.said_again("lost 1", lost[1])
    recall(own_space, one, two)
    rewinder.back()
    wait_recovered(one, two, times=2)
    wait_healed(own_space)
    assert texts(own_space) == ["after", "lost 1"]
    assert [entry.text for entry in one.read_all(LOBBY) if entry.late] == ["lost 1"]


@pytest.mark.parametrize("remembered", [6, 2])
def test_no_cursor_is_led_over_a_life_that_began_without_its_owner(
    own_space: Space, own_redis: RealRedis, remembered: int
) -> None:
    """Redis was emptied and a node that had just started opened a new life; one that had slept brings the life before
    it into the next."""
    one, two = own_space.serve("n1", 4.0), own_space.serve("n2", 4.0)
    two.claim("Bob")
    said = talk(one.claim("Alice"), 5, one, two)
    two.events.logs = [LOBBY]
    wait_until(lambda: two.cluster._upkeep.tops.forks(LOBBY, said[0].position.epoch) == "-", what="a heartbeat")
    slept = {LOBBY: two.events.remembered()[LOBBY][-remembered:]}
    two.events.remembered = lambda: slept  # type: ignore[method-assign]
    one.stop()
    with slow_to_remember(two) as gate:
        own_space.admin.flushall()
        new = own_space.serve("n3", 4.0)
        wait_until(lambda: own_space.admin.hget(own_space.key("term"), "state") != "recovering", what="open")
        carol = new.claim("Carol")
        news = [carol.said(f"new {i}") for i in range(2)]
        with slow_to_remember(new) as awaited:
            restart(own_redis)
            gate.set()
            wait_until(lambda: own_space.admin.exists(own_space.key(f"room:{LOBBY}:tail")), what="it is staged")
            awaited.set()
            wait_recovered(new)
        wait_recovered(two)
    wait_healed(own_space)
    assert [text for text in after(two, said[-1].position) if text.startswith("new")] == ["new 0", "new 1"]
    assert [text for text in after(two, news[-1].position) if text.startswith("new")] == []
    back = [f"lost {i}" for i in range(5) if i >= 5 - remembered]
    assert [entry.text for entry in two.read_all(LOBBY) if entry.late and entry.kind == "message"] == back
    assert texts(own_space) == ["new 0", "new 1", *back]


def test_data_of_long_ago_are_found_by_the_epochs_since(
    own_space: Space, own_redis: RealRedis, rewinder: Rewinder
) -> None:
    """A backup of several lives ago: what it has is what it was, and only what lies between is named."""
    node = own_space.serve("n1")
    alice = node.claim("Alice")
    kept = talk(alice, 3, node, what="kept")
    rewinder.keep()
    for times in range(1, 7):
        restart(own_redis)
        wait_recovered(node, times=times)
        last = alice.said(f"more {times}")
    lost = talk(alice, 4, node)
    keep_only(node, "lost 2", "lost 3")
    node.events.logs = [LOBBY]
    wait_until(lambda: node.cluster._upkeep.tops.forks(LOBBY, last.position.epoch).count("=") == 6, what="a heartbeat")
    rewinder.back()
    wait_recovered(node, times=7)
    wait_healed(own_space)
    fork = kept[-1].position.offset
    assert gaps(own_space) == [f"{last.position.epoch} {fork + 1} {lost[1].position.offset}"]
    assert after(node, lost[-1].position) == []
    assert not [entry for entry in node.read_all(LOBBY) if entry.late]


def test_a_long_log_is_compared_whole(own_space: Space, own_redis: RealRedis) -> None:
    """A node that slept remembers more of a life that the data don't know than is looked at where few come late."""
    one, two = own_space.serve("n1", 4.0), own_space.serve("n2", 4.0)
    alice = one.claim("Alice")
    for said in [alice.submit(f"lost {i}") for i in range(1200)]:
        assert isinstance(said.result(DEADLINE), Published)
    two.claim("Bob")
    slept = {LOBBY: two.read_all(LOBBY)}
    one.wait_texts(["lost 1199"])
    recall(own_space, one)
    with one.events.changed:
        one.events.entries = []
        one.events.recalled = [e for e in one.events.recalled if e.text not in ("lost 0", "lost 1")]  # others shift
    two.events.remembered = dict  # type: ignore[method-assign]
    own_space.admin.flushall()
    wait_recovered(one, two)
    wait_healed(own_space)
    meta = own_space.key(f"room:{LOBBY}:meta")
    own_space.admin.hset(meta, "former", "")
    own_space.admin.delete(own_space.key(f"room:{LOBBY}:late"))
    two.events.remembered = lambda: slept  # type: ignore[method-assign]
    with slow_to_remember(one) as awaited:
        restart(own_redis)
        wait_until(lambda: own_space.admin.exists(own_space.key(f"room:{LOBBY}:tail")), what="it is staged")
        awaited.set()
        wait_recovered(one, two, times=2)
    wait_healed(own_space)
    assert sorted(texts(own_space)) == sorted(f"lost {i}" for i in range(1200))


def test_one_has_turned_and_one_has_not(own_space: Space, rewinder: Rewinder) -> None:
    """The same messages by the names of two epochs are one each."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    two.claim("Bob")
    lost: list[Published] = []
    rewinder(lambda: lost.extend(talk(alice, 3, one, two)))
    wait_recovered(one, two)
    alice.said_again("lost 1", lost[1])
    recall(own_space, one)
    rewinder.back()
    wait_recovered(one, two, times=2)
    wait_healed(own_space)
    assert texts(own_space) == ["lost 0", "lost 1", "lost 2"]
    assert gaps(own_space) == []
    assert after(two, lost[0].position) == ["lost 1", "lost 2"]


def test_a_second_loss_while_nodes_are_awaited(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1", LONG), own_space.serve("n2", LONG)
    alice = one.claim("Alice")
    two.claim("Bob")
    for node in (one, two):
        wait_until(lambda node=node: node.cluster._beat.poke() or len(node.cluster.nodes()) == 2)  # type: ignore[misc]
    with slow_to_remember(two) as gate:
        rewinder(lambda: talk(alice, 3, one, two))
        wait_recovered(one)
        assert own_space.admin.hget(own_space.key("term"), "state") == "recovering"
        assert texts(own_space) == []
        rewinder.back()
        wait_recovered(one, times=2)
        gate.set()
        wait_recovered(two)
    assert alice.said("after").n == 4
    assert texts(own_space) == ["lost 0", "lost 1", "lost 2", "after"]
    assert gaps(own_space) == []


def test_a_flushall_while_nodes_are_awaited(space: Space) -> None:
    one, two = space.serve("n1", LONG), space.serve("n2", LONG)
    alice = one.claim("Alice")
    two.claim("Bob")
    for node in (one, two):
        wait_until(lambda node=node: node.cluster._beat.poke() or len(node.cluster.nodes()) == 2)  # type: ignore[misc]
    with slow_to_remember(two) as gate:
        talk(alice, 2, one, two)
        space.admin.flushall()
        wait_recovered(one)
        waiting = alice.submit("after")
        space.admin.flushall()
        one.events.wait(lambda: len(one.events.recovered) == 2, "recovered again")
        gate.set()
        assert isinstance(waiting.result(DEADLINE), Published)
    assert texts(space) == ["lost 0", "lost 1", "after"]


def test_what_is_said_again_under_the_name_of_a_forgotten_epoch_is_found(
    own_space: Space, own_redis: RealRedis
) -> None:
    """The data never knew that epoch, and the outcome is too old to be kept."""
    one = own_space.serve("n1")
    alice = one.claim("Alice")
    first = alice.said("first")
    restart(own_redis)
    wait_recovered(one)
    for number in range(130):
        alice.said(f"more {number}")
    one.wait_texts(["more 129"])
    recall(own_space, one)
    own_space.admin.flushall()
    wait_recovered(one, times=2)
    outcome = alice.submit("first", n=1, again=first.position).result(DEADLINE)
    assert isinstance(outcome, Published)
    assert texts(own_space).count("first") == 1


def test_what_was_said_again_in_a_life_that_nobody_remembers_is_found_where_it_was_accepted(
    own_space: Space, own_redis: RealRedis, rewinder: Rewinder, tmp_path: Path
) -> None:
    """A rewind, and a moment later the data from before it are back, which a replica had: of the life between the two
    nobody may know where anything stood."""
    whole = Rewinder(own_redis, tmp_path / "whole")
    one = own_space.serve("n1", 9.0)
    alice = one.claim("Alice")
    rewinder.keep()
    lost = talk(alice, 130, one)  # more than have their outcomes kept
    whole.keep()
    rewinder.back()
    wait_recovered(one)
    between = alice.said_again("lost 0", lost[0])
    assert between.position.epoch != lost[0].position.epoch
    whole.back()
    wait_recovered(one, times=2)
    wait_healed(own_space)
    again = alice.said_again("lost 0", lost[0])
    assert again.position.offset == lost[0].position.offset
    assert texts(own_space) == [f"lost {i}" for i in range(130)]


@pytest.mark.parametrize("is_late", [False, True])
def test_what_is_there_by_another_name_is_not_told_to_be_missing(space: Space, is_late: bool) -> None:
    """One node has turned to the life between, the other one has not; what both remember is the same."""
    one, two = space.serve("n1", 2.0), space.serve("n2", 2.0)
    alice, _ = one.claim("Alice"), two.claim("Bob")
    wait_until(lambda: knows(one, two), what="each knows of the other")
    said = talk(alice, 3, one, two)
    space.admin.flushall()
    wait_recovered(one, two)
    wait_healed(space)
    recall(space, two)
    with one.events.changed:  # what it brings stands elsewhere then
        one.events.entries = [entry for entry in one.events.entries if entry.kind == "message"]
    with slow_to_remember(two) as let_go:
        if not is_late:
            let_go.set()
        space.admin.flushall()
        wait_recovered(one, times=2)
        wait_open(space)
        wait_healed(space)
        let_go.set()
        wait_recovered(two, times=2)
    wait_healed(space)
    assert texts(space) == ["lost 0", "lost 1", "lost 2"]
    assert gaps(space) == ([f"{said[0].position.epoch} 1 2"] if is_late else [])
