"""R5: the data is taken back to what it was: the tail of the logs is lost, and ghosts come back."""

from __future__ import annotations

from cluster.types import Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.lives import gaps, restart, wait_healed, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Space, User
from tests.support.waiting import wait_until


def test_a_rewind_names_exactly_what_is_lost(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    one.events.forgetful = two.events.forgetful = True
    alice, bob = one.claim("Alice"), two.claim("Bob")
    kept = [alice.said(f"kept {i}") for i in range(3)]
    lost: list[Published] = []

    def talk() -> None:
        lost.extend(alice.said(f"lost {i}") for i in range(3))
        for node in (one, two):
            node.wait_texts(["lost 2"])

    rewinder(talk)
    wait_recovered(one, two)
    wait_healed(own_space)
    former, fork = kept[-1].position.epoch, kept[-1].position.offset
    assert gaps(own_space) == [f"{former} {fork + 1} {lost[-1].position.offset}"]
    # n goes on where it was: what was said under 4, 5 and 6 is lost.
    assert alice.said("after").n == 7
    # A cursor before the fork, at it and beyond: nothing is skipped.
    for cursor, expected in [(fork - 1, ["kept 2", "after"]), (fork, ["after"]), (fork + 3, ["after"])]:
        page = two.cluster.read(LOBBY, Position(former, cursor), 100)
        assert [entry.text for entry in page.entries if entry.kind == "message"] == expected
        assert sum(entry.kind == "gap" for entry in page.entries) == 1
        assert page.lost_first == 0
    assert bob.said("me too").n == 1
    assert own_space.kinds(LOBBY, "left") == []


def test_what_was_trimmed_is_told_in_the_numbers_of_the_present_epoch(own_space: Space, rewinder: Rewinder) -> None:
    """A cursor of a former epoch has larger numbers than what was trimmed since: the range must not look seen."""
    one, two = own_space.serve("n1", retain=100), own_space.serve("n2", retain=100)
    one.events.forgetful = two.events.forgetful = True
    alice = one.claim("Alice")
    two.claim("Bob")
    kept = alice.said("kept").position

    def talk() -> None:
        futures = [alice.submit(f"lost {i}") for i in range(700)]
        assert all(isinstance(future.result(DEADLINE), Published) for future in futures)
        for node in (one, two):
            node.wait_texts(["lost 699"])

    rewinder(talk)
    wait_recovered(one, two)
    wait_healed(own_space)
    futures = [alice.submit(f"after {i}") for i in range(600)]
    assert all(isinstance(future.result(DEADLINE), Published) for future in futures)
    for cursor in (kept.offset, kept.offset + 700):
        led = two.cluster.read(LOBBY, Position(kept.epoch, cursor), 10)
        assert (led.start, led.entries, led.lost_first) == (kept.offset + 1, (), 0)
        page = two.cluster.read(LOBBY, Position(led.position.epoch, led.start - 1), 10)
        assert (page.former, page.lost_first, page.lost_last) == (led.position.epoch, led.start, page.start - 1)
        assert page.entries[0].offset == page.start > led.start


def test_what_different_nodes_knew_adds_up(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    one.events.forgetful = two.events.forgetful = True
    alice = one.claim("Alice")
    two.claim("Bob")
    kept = alice.said("kept").position

    def talk() -> None:
        for i in range(4):
            alice.said(f"lost {i}")
        for node in (one, two):
            node.wait_texts(["lost 3"])
        # n1 has seen less than n2.
        one.events.positions[LOBBY] = Position(kept.epoch, kept.offset + 2)

    rewinder(talk)
    wait_recovered(one, two)
    wait_healed(own_space)
    named = sorted(
        offset for text in gaps(own_space) for offset in range(int(text.split()[1]), int(text.split()[2]) + 1)
    )
    assert named == [kept.offset + i for i in (1, 2, 3, 4)]


def test_a_ghost_loses_the_name(own_space: Space, rewinder: Rewinder) -> None:
    """Who left and was brought back by a rewind makes room for who holds the name now."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    ghost = one.claim("Alice")
    ghost.said("boo")
    found: list[User] = []

    def hand_over() -> None:
        ghost.end()
        one.claim("Marker")  # its answer came
        found.append(two.claim("Alice"))
        found[0].join("#ops")

    rewinder(hand_over)
    wait_recovered(one, two)
    wait_healed(own_space)
    (alice,) = found
    assert own_space.admin.get(own_space.key("nick:alice")) == alice.session
    assert own_space.row(ghost) == {}
    assert alice.said("I am the one").n == 1
    assert own_space.admin.hget(own_space.key("presence"), "Alice") == "n2 here"
    assert "Alice" in own_space.admin.hvals(own_space.key(f"room:{LOBBY}:members"))
    assert not own_space.admin.hexists(own_space.key(f"room:{LOBBY}:members"), ghost.session)
    assert alice.join("#ops").changed is False


def test_a_ghost_that_nobody_claims_gets_its_grace(own_space: Space, rewinder: Rewinder) -> None:
    node = own_space.serve("n1", 0.7, 60.0)
    node.events.forgetful = True
    ghost, alice = node.claim("Ghost"), node.claim("Alice")

    def leave() -> None:
        ghost.end()
        alice.said("and its answer came")  # else it would be asked again

    rewinder(leave)
    wait_recovered(node)
    wait_healed(own_space)
    assert own_space.row(ghost)["state"] == "away"
    assert own_space.row(alice)["state"] == "here"
    own_space.end_grace(ghost)
    own_space.end_hold()
    wait_until(lambda: not own_space.row(ghost), what="expired")
    assert alice.said("I am real").n == 2
    assert own_space.row(alice)["state"] == "here"


def test_who_moved_in_the_lost_time_stays_where_he_is(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    found: list[User] = []

    def move() -> None:
        alice.said("at one")
        found.append(alice.resume_at(two))
        one.events.wait(lambda: one.events.taken, "taken")

    rewinder(move)
    wait_recovered(one, two)
    wait_healed(own_space)
    assert found[0].said("at two").n == 2
    assert own_space.row(alice)["node"] == f"n2/{two.cluster.boot}"
    assert own_space.admin.smembers(own_space.key(f"node:n1/{one.cluster.boot}:sessions")) == set()
    assert own_space.kinds(LOBBY, "left") == []


def test_a_rewind_to_before_an_earlier_change_of_term(
    own_redis: RealRedis, own_space: Space, rewinder: Rewinder
) -> None:
    """The log does not know the epoch of the cursors then; but where that epoch forked off is remembered."""
    node = own_space.serve("n1")
    node.events.logs = [LOBBY]
    node.events.forgetful = True
    alice = node.claim("Alice")
    kept = [alice.said(f"kept {i}") for i in range(3)]
    lost: list[Published] = []

    def talk() -> None:
        lost.extend(alice.said(f"lost {i}") for i in range(2))
        restart(own_redis)
        wait_recovered(node)
        wait_healed(own_space)
        lost.extend(alice.said(f"lost {i}") for i in range(2, 5))
        node.wait_texts(["lost 4"])
        node.events.wait(lambda: node.events.tops.get(LOBBY) == lost[-1].position, "a heartbeat")

    rewinder(talk)
    wait_recovered(node, times=2)
    wait_healed(own_space)
    former, fork, last = lost[-1].position.epoch, kept[-1].position.offset, lost[-1].position.offset
    assert former != kept[-1].position.epoch
    assert gaps(own_space) == [f"{former} {fork + 1} {last}"]
    alice.said("after")
    for cursor, expected in [(last, ["after"]), (fork + 1, ["after"]), (fork - 1, ["kept 2", "after"])]:
        page = node.cluster.read(LOBBY, Position(former, cursor), 100)
        assert [entry.text for entry in page.entries if entry.kind == "message"] == expected
        assert sum(entry.kind == "gap" for entry in page.entries) == 1
        assert page.lost_first == 0
