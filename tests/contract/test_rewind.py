"""R5: the data is taken back to what it was: the tail of the logs is lost, and ghosts come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster.errors import ClusterError
from cluster.types import Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.lives import gaps, wait_recovered
from tests.contract.space import LOBBY, Space, User
from tests.support.waiting import wait_until


@pytest.fixture
def rewinder(own_redis: RealRedis, own_space: Space, tmp_path: Path) -> Callable[[Callable[[], object]], None]:
    """Does something, and takes the data back to what it was before."""
    kept = tmp_path / "kept"

    def rewind(act: Callable[[], object]) -> None:
        shutil.copytree(own_redis.folder / "appendonlydir", kept)
        act()
        own_redis.kill()
        shutil.rmtree(own_redis.folder / "appendonlydir")
        shutil.copytree(kept, own_redis.folder / "appendonlydir")
        own_redis.up()

    return rewind


def test_a_rewind_names_exactly_what_is_lost(
    own_space: Space, rewinder: Callable[[Callable[[], object]], None]
) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    kept = [alice.said(f"kept {i}") for i in range(3)]
    lost: list[Published] = []

    def talk() -> None:
        lost.extend(alice.said(f"lost {i}") for i in range(3))
        for node in (one, two):
            node.wait_texts(["lost 2"])

    rewinder(talk)
    wait_recovered(one, two)
    former, fork = kept[-1].position.epoch, kept[-1].position.offset
    assert gaps(own_space) == [f"{former} {fork + 1} {lost[-1].position.offset}"]
    # n goes on where it was: what was said under 4, 5 and 6 is lost, and not said again under the same identity.
    assert alice.said("after").n == 7
    assert isinstance(alice.say("lost 0", n=4), ClusterError)
    # A cursor before the fork, at it and beyond: nothing is skipped.
    for cursor, expected in [(fork - 1, ["kept 2", "after"]), (fork, ["after"]), (fork + 3, ["after"])]:
        page = two.cluster.read(LOBBY, Position(former, cursor), 100)
        assert [entry.text for entry in page.entries if entry.kind == "message"] == expected
        assert sum(entry.kind == "gap" for entry in page.entries) == 1
        assert page.lost_first == 0
    assert bob.said("me too").n == 1
    assert own_space.kinds(LOBBY, "left") == []


def test_what_different_nodes_knew_adds_up(own_space: Space, rewinder: Callable[[Callable[[], object]], None]) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
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
    named = sorted(
        offset for text in gaps(own_space) for offset in range(int(text.split()[1]), int(text.split()[2]) + 1)
    )
    assert named == [kept.offset + i for i in (1, 2, 3, 4)]


def test_a_ghost_loses_the_name(own_space: Space, rewinder: Callable[[Callable[[], object]], None]) -> None:
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
    (alice,) = found
    assert own_space.admin.get(own_space.key("nick:alice")) == alice.session
    assert own_space.row(ghost) == {}
    assert alice.said("I am the one").n == 1
    assert own_space.admin.hget(own_space.key("presence"), "Alice") == "n2 here"
    assert "Alice" in own_space.admin.hvals(own_space.key(f"room:{LOBBY}:members"))
    assert not own_space.admin.hexists(own_space.key(f"room:{LOBBY}:members"), ghost.session)
    assert alice.join("#ops").changed is False


def test_a_ghost_that_nobody_claims_gets_its_grace(
    own_space: Space, rewinder: Callable[[Callable[[], object]], None]
) -> None:
    node = own_space.serve("n1", 0.7, 60.0)
    ghost, alice = node.claim("Ghost"), node.claim("Alice")

    def leave() -> None:
        ghost.end()
        alice.said("and its answer came")  # else it would be asked again

    rewinder(leave)
    wait_recovered(node)
    assert own_space.row(ghost)["state"] == "away"
    assert own_space.row(alice)["state"] == "here"
    own_space.end_grace(ghost)
    own_space.end_hold()
    wait_until(lambda: not own_space.row(ghost), what="expired")
    assert alice.said("I am real").n == 2
    assert own_space.row(alice)["state"] == "here"


def test_who_moved_in_the_lost_time_stays_where_he_is(
    own_space: Space, rewinder: Callable[[Callable[[], object]], None]
) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    found: list[User] = []

    def move() -> None:
        alice.said("at one")
        found.append(alice.resume_at(two))
        one.events.wait(lambda: one.events.taken, "taken")

    rewinder(move)
    wait_recovered(one, two)
    assert found[0].said("at two").n == 2
    assert own_space.row(alice)["node"] == f"n2/{two.cluster.boot}"
    assert own_space.admin.smembers(own_space.key(f"node:n1/{one.cluster.boot}:sessions")) == set()
    assert own_space.kinds(LOBBY, "left") == []
