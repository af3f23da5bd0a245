"""R5: lives of which nobody remembers an entry, since Redis was lost again before a feed had turned to them; and lives
of which different nodes remember different things."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from cluster.types import Name, Position, Published
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
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Node, Space, User, hashed
from tests.support.waiting import wait_until


def freeze(*nodes: Node, place: Position | None = None) -> None:
    """Their feeds stand still: they turn to no other life. `place`: of the lobby's, instead of where it is."""
    for node in nodes:
        slept, known = node.events.remembered(), dict(node.events.positions)
        if place:
            known[LOBBY] = node.events.positions[LOBBY] = place
        node.events.remembered = lambda slept=slept: slept  # type: ignore[method-assign, misc]
        node.events.place_of = lambda log, known=known: known.get(log)


def two_empties(space: Space, between: Callable[[Node], object], said: int = 3) -> tuple[Node, Node, list[Published]]:
    """Redis is emptied twice within a moment. To the life between, in which something was done at n2, no feed had
    turned: it is known by the places that were given in answers."""
    one, two = space.serve("n1"), space.serve("n2")
    alice, _ = one.claim("Alice"), two.claim("Bob")
    heard = talk(alice, said, one, two)
    freeze(one, two)
    space.admin.flushall()
    wait_recovered(one, two)
    between(two)
    space.admin.flushall()
    wait_recovered(one, two, times=2)
    wait_healed(space)
    return one, two, heard


def test_a_life_that_nobody_remembers_leads_its_cursors_behind_what_it_had(space: Space) -> None:
    came: list[User] = []
    one, two, said = two_empties(space, lambda node: came.append(node.claim("Carol")))
    assert texts(space) == ["lost 0", "lost 1", "lost 2"]
    came[0].said("after")
    place = came[0].claimed.logs[LOBBY]
    gap = f"{place.epoch} {place.offset} {place.offset}"  # her own joined
    assert after(two, place) == [gap, "after"]
    assert after(one, said[1].position) == ["lost 2", gap, "after"]


def test_what_was_said_in_such_a_life_is_told_and_may_be_said_again(space: Space) -> None:
    came, lost = list[User](), list[Published]()

    def between(node: Node) -> None:
        came.append(node.claim("Carol"))
        lost.extend(came[0].said(f"between {i}") for i in range(2))

    _, two, _ = two_empties(space, between)
    place, last = came[0].claimed.logs[LOBBY], lost[-1].position
    assert gaps(space) == [f"{place.epoch} {place.offset} {last.offset}"]
    assert came[0].said_again("between 1", lost[-1]).position != last
    assert after(two, place) == [*gaps(space), "between 1"]


def test_in_such_a_life_who_was_still_catching_up_goes_on_there(space: Space) -> None:
    """His cursor is in front of what was said in it: nothing between is passed over."""
    cursors: list[Position] = []

    def between(node: Node) -> None:
        heard = next(entry for entry in node.events.of("message") if entry.text == "lost 2")
        page = node.cluster.read(LOBBY, Position(heard.epoch, heard.offset), 2)
        assert [entry.text for entry in page.entries] == ["lost 3", "lost 4"]
        cursors.append(Position(page.position.epoch, page.entries[-1].offset))
        node.claim("Carol")

    _, two, _ = two_empties(space, between, said=10)
    got = after(two, cursors[0])
    assert {f"lost {i}" for i in range(5, 10)} <= set(got)


def test_who_merely_came_back_in_such_a_life_has_lost_nothing(space: Space) -> None:
    def between(node: Node) -> None:
        record = next(each for each in node.events.listed.values() if each.name.shown == "Bob")
        claimed = node.cluster.resume(record.session, secrets.token_hex(4), record.token_hash, record.n, "192.0.2.1:6")
        User(node, claimed, "").relist(token_hash=record.token_hash)

    two_empties(space, between)
    assert gaps(space) == []


def three_of_five(space: Space, lease: float) -> tuple[Node, Node, Position]:
    """n1 heard three of five messages, n2 all; the place of the third."""
    one, two = space.serve("n1", lease), space.serve("n2", lease)
    alice = two.claim("Alice")
    one.claim("Bob")
    said = talk(alice, 5, one, two)
    keep_only(one, "lost 0", "lost 1", "lost 2")
    freeze(two)
    freeze(one, place=said[2].position)
    return one, two, said[2].position


def test_what_such_a_life_lacked_is_still_owed_to_who_was_in_it(own_space: Space) -> None:
    """Only n2 heard the last two, and slept while n1 began that life without them."""
    one, two, third = three_of_five(own_space, 4.0)
    with slow_to_remember(two) as gate:
        own_space.admin.flushall()
        wait_recovered(one)
        wait_open(own_space)
        one.claim("Carol")
        page = one.cluster.read(LOBBY, third, 100)
        cursor = Position(page.position.epoch, page.position.offset)
        assert [entry.kind for entry in page.entries] == ["joined"]
        own_space.admin.flushall()
        gate.set()
        wait_recovered(one, times=2)
        wait_recovered(two)
    wait_healed(own_space)
    assert {"lost 3", "lost 4"} <= set(after(one, cursor))


def test_a_node_that_comes_late_leads_no_cursor_over_what_is_new(own_space: Space) -> None:
    """It alone knows of the life between."""
    one, two = own_space.serve("n1", 4.0), own_space.serve("n2", 4.0)
    alice = one.claim("Alice")
    two.claim("Bob")
    last = talk(alice, 3, one, two)[-1].position
    freeze(two)
    freeze(one, place=last)
    own_space.admin.flushall()
    wait_recovered(one, two)
    came = two.claim("Carol").claimed.logs[LOBBY]
    one.events.positions = {LOBBY: last}
    with slow_to_remember(two) as gate:
        own_space.admin.flushall()
        wait_recovered(one, times=2)
        wait_open(own_space)
        alice.said("new")
        gate.set()
        wait_recovered(two, times=2)
    wait_healed(own_space)
    assert after(two, came) == ["new", f"{came.epoch} {came.offset} {came.offset}"]


@pytest.mark.parametrize("by", ["a claim that was asked again", "a node of an earlier version"])
def test_where_such_a_life_began_is_told_of_itself_or_not_at_all(
    own_space: Space, own_redis: RealRedis, by: str
) -> None:
    one = own_space.serve("n1")
    alice = one.claim("Alice")
    talk(alice, 10, one)
    again = by.startswith("a claim")
    ids = secrets.token_hex(4), secrets.token_hex(4), Name("Carol", "carol"), list[Name](), hashed("t"), "192.0.2.1:5"
    if again:
        one.cluster.claim(*ids)  # its answer is lost
    freeze(one)
    restart(own_redis)
    wait_recovered(one)
    if again:
        User(one, one.cluster.claim(*ids), "t")
    heard = next(entry for entry in one.events.of("message") if entry.text == "lost 2")
    page = one.cluster.read(LOBBY, Position(heard.epoch, heard.offset), 2)
    if again:
        alice.said("last")
    else:
        own_space.admin.hdel(own_space.key(f"room:{LOBBY}:meta"), "turned")
        one.claim("Carol")
    own_space.admin.flushall()
    wait_recovered(one, times=2)
    wait_healed(own_space)
    got = after(one, Position(page.position.epoch, page.entries[-1].offset))
    assert {f"lost {i}" for i in range(5, 10)} <= set(got)


def test_what_somebody_else_had_brought_into_such_a_life_is_named(own_space: Space) -> None:
    """n1 heard three of five; n2 brings all of them in time, and dies."""
    one, two, _ = three_of_five(own_space, 2.0)
    own_space.admin.flushall()
    wait_recovered(one, two)
    came = one.claim("Carol").claimed.logs[LOBBY]
    two.stop()
    own_space.admin.flushall()
    wait_recovered(one, times=2)
    wait_open(own_space)
    wait_healed(own_space)
    assert any(int(gap.split()[1]) < came.offset for gap in gaps(own_space)), gaps(own_space)


def test_offsets_of_such_a_life_are_not_taken_for_those_of_another(own_space: Space, rewinder: Rewinder) -> None:
    """The feed is two lives behind, and the fork that is known is one of the life between."""
    one = own_space.serve("n1")
    alice = one.claim("Alice")
    talk(alice, 3, one, what="kept")
    rewinder.keep()
    talk(alice, 10, one)
    keep_only(one, *(f"kept {i}" for i in range(3)), *(f"lost {i}" for i in range(3, 10)))
    freeze(one)
    rewinder.back()
    wait_recovered(one)
    wait_healed(own_space)
    said = [alice.said(f"z{i}") for i in range(5)]
    rewinder.back_to_now()
    wait_recovered(one, times=2)
    one.events.logs = [LOBBY]
    came = one.claim("Carol").claimed.logs[LOBBY]
    forks = one.cluster._upkeep.tops.forks
    one.cluster.beat_soon()
    wait_until(lambda: forks(LOBBY, came.epoch).count("=") == 2, what="a heartbeat")
    rewinder.back()
    wait_recovered(one, times=3)
    wait_healed(own_space)
    assert [text for text in after(one, Position(came.epoch, said[2].position.offset)) if text.startswith("z")] == [
        "z3",
        "z4",
    ]
    assert not [text for text in after(one, came) if text.startswith(("z", "beyond"))]


def test_of_two_lives_no_cursor_is_led_over_what_the_other_one_had_alone(own_space: Space) -> None:
    """n2 slept with two messages that n1 had not heard; n1 began a life without them."""
    one, two = own_space.serve("n1", 4.0), own_space.serve("n2", 4.0)
    alice, bob = two.claim("Alice"), one.claim("Bob")
    said = talk(alice, 5, one, two)
    keep_only(one, "lost 0", "lost 1", "lost 2")
    freeze(two)
    one.events.positions[LOBBY] = said[2].position
    with slow_to_remember(two) as gate:
        own_space.admin.flushall()
        wait_recovered(one)
        wait_open(own_space)
        new = [bob.said(f"new {i}") for i in range(2)]
        recall(own_space, one)
        own_space.admin.flushall()
        gate.set()
        wait_recovered(one, times=2)
        wait_recovered(two)
    wait_healed(own_space)
    assert {"new 0", "new 1"} <= set(after(two, said[-1].position))
    assert {"lost 3", "lost 4"} <= set(after(one, new[-1].position))
    # Whoever was in the one life gets what the other one had alone behind what was said later: no order is promised.
    late = {entry.text for entry in one.read_all(LOBBY) if entry.late and entry.kind == "message"}
    assert late in ({"lost 3", "lost 4"}, {"new 0", "new 1"})


def test_nor_over_what_its_life_got_late(own_space: Space) -> None:
    """n2 slept with three messages; n1 had begun a life, and said something, before it brought them."""
    one, two = own_space.serve("n1", 4.0), own_space.serve("n2", 4.0)
    alice, bob = two.claim("Alice"), one.claim("Bob")
    said = talk(alice, 5, one, two)
    keep_only(one, "lost 1")
    with one.events.changed:
        one.events.entries = one.events.of("message")
    freeze(two)
    one.events.positions[LOBBY] = said[1].position
    with slow_to_remember(two) as gate:
        own_space.admin.flushall()
        wait_recovered(one)
        wait_open(own_space)
        new = bob.said("new")
        gate.set()
        wait_recovered(two)
    wait_healed(own_space)
    recall(own_space, one)
    with one.events.changed:
        one.events.recalled = [e for e in one.events.recalled if e.kind == "message" and e.text != "lost 0"]
    own_space.admin.flushall()
    wait_recovered(one, two, times=2)
    wait_healed(own_space)
    assert {"lost 2", "lost 3", "lost 4"} <= set(after(one, new.position))


def test_nor_is_one_of_a_life_after_that_of_which_nobody_remembers_an_entry(own_space: Space) -> None:
    """n2 sleeps through two lives."""
    one, two = own_space.serve("n1", 4.0), own_space.serve("n2", 4.0)
    alice, bob = two.claim("Alice"), one.claim("Bob")
    said = talk(alice, 5, one, two)
    keep_only(one, "lost 1", "lost 2")
    with one.events.changed:
        one.events.entries = one.events.of("message")  # its memory does not reach back to the beginning
    freeze(two)
    one.events.positions[LOBBY] = said[2].position
    with slow_to_remember(two) as gate:
        own_space.admin.flushall()
        wait_recovered(one)
        wait_open(own_space)
        new = [bob.said(f"new {i}") for i in range(2)]
        recall(own_space, one)
        with one.events.changed:
            one.events.recalled = [entry for entry in one.events.recalled if entry.kind == "message"]
        freeze(one)
        own_space.admin.flushall()
        wait_recovered(one, times=2)
        wait_open(own_space)
        page = one.cluster.read(LOBBY, new[-1].position, 100)
        one.claim("Carol")
        own_space.admin.flushall()
        gate.set()
        wait_recovered(one, times=3)
        wait_recovered(two)
    wait_healed(own_space)
    for cursor in (page.position, new[-1].position):
        assert {"lost 3", "lost 4"} <= set(after(one, cursor))


def test_a_node_that_remembers_more_of_the_life_before_repeats_nothing(own_space: Space) -> None:
    """What stands in front of all that is remembered of a life was in it, or was named there: its cursors pass over."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    talk(alice, 6, one, two)
    freeze(two)
    own_space.admin.flushall()
    wait_recovered(one, two)
    new = [bob.said(f"new {i}") for i in range(2)]
    recall(own_space, one)
    with one.events.changed:
        one.events.entries = []
        one.events.recalled = one.events.recalled[-4:]
    own_space.admin.flushall()
    wait_recovered(one, two, times=2)
    wait_healed(own_space)
    assert texts(own_space) == [*(f"lost {i}" for i in range(6)), "new 0", "new 1"]
    assert after(one, new[0].position) == ["new 1"]
    assert not [entry for entry in one.read_all(LOBBY) if entry.late]


def test_a_life_whose_past_is_in_no_memory_leads_nowhere_else(own_space: Space) -> None:
    """The feed had turned, and could not read its memory anew."""
    one = own_space.serve("n1")
    talk(one.claim("Alice"), 3, one)
    freeze(one)
    own_space.admin.flushall()
    wait_recovered(one)
    came = one.claim("Carol").claimed.logs[LOBBY]
    one.events.remembered = dict  # type: ignore[method-assign]
    one.events.place_of = lambda log: came if log == LOBBY else None
    own_space.admin.flushall()
    wait_recovered(one, times=2)
    wait_healed(own_space)
    assert gaps(own_space) == [f"{came.epoch} 1 {came.offset}"]
    assert after(one, came) == gaps(own_space)


def test_who_came_or_went_in_a_life_that_comes_late_is_told_only_if_it_still_matters(
    own_space: Space, own_redis: RealRedis
) -> None:
    """n2 slept while Redis was emptied and a new node began anew. Of its people Gone had left, Bob is there still, and
    nobody speaks for Ghost: she is owed one left."""
    one, two = own_space.serve("n1", 4.0), own_space.serve("n2", 4.0)
    two.claim("Bob")
    one.claim("Ghost")
    gone = one.claim("Gone")
    gone.end()
    two.events.wait(lambda: two.events.of("left"), "left")
    freeze(two)
    one.stop()
    with slow_to_remember(two) as gate:
        own_space.admin.flushall()
        new = own_space.serve("n3", 4.0)
        wait_open(own_space)
        carol = new.claim("Carol").claimed.logs[LOBBY]
        with slow_to_remember(new) as awaited:
            restart(own_redis)
            gate.set()
            wait_until(lambda: own_space.admin.exists(own_space.key(f"room:{LOBBY}:tail")), what="it is staged")
            awaited.set()
            wait_recovered(new)
        wait_recovered(two)
    wait_healed(own_space)
    told = [(entry.kind, entry.nick) for entry in new.read_all(LOBBY, carol)]
    assert told == [("joined", "Ghost")]
