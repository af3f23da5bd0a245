"""Several at once, at two nodes, on a real server (fakeredis carries out one request at a time anyway)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from cluster.errors import ClusterError, Refused
from cluster.types import Guard, Published, Reason
from tests.contract.space import Space, User
from tests.contract.test_rights import govern, guard, join

TIMES = 25


def at_once(*acts: Callable[[], object]) -> list[str]:
    """All of them, each on a thread of its own: "ok", or the reason why not."""
    start, told = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int) -> None:
        start.wait(10)
        try:
            acts[number]()
            told[number] = "ok"
        except Refused as refused:
            told[number] = refused.reason
        except ClusterError as error:
            told[number] = str(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return told


def members(space: Space, room: str) -> set[str]:
    return set(space.admin.hkeys(space.key(f"room:{room}:members")))


def rights(space: Space, room: str) -> dict[str, str]:
    found: dict[str, str] = space.admin.hgetall(space.key(f"room:{room}:rights"))
    return found


@pytest.fixture
def people(real_space: Space) -> Sequence[User]:
    one, two = real_space.serve("n1"), real_space.serve("n2")
    return [one.claim("Alice"), two.claim("Bob"), two.claim("Carol")]


def test_who_joins_while_he_is_removed_is_out_in_the_end(real_space: Space, people: Sequence[User]) -> None:
    alice, bob, _ = people
    for number in range(TIMES):
        room = f"#r{number}"
        join(alice, room)
        joined, removed = at_once(
            lambda room=room: bob.node.cluster.join(bob.session, bob.claim, room),  # type: ignore[misc]
            lambda room=room: govern(alice, room, "remove", "bob"),  # type: ignore[misc]
        )
        assert removed == "ok"
        assert joined in ("ok", Reason.REMOVED)
        assert members(real_space, room) == {alice.session}
        assert room not in real_space.row(bob)["rooms"].split(",")
        # Who came in left again, once, and both are told.
        moves = [fields["kind"] for _, fields in real_space.stream(room) if fields["session"] == bob.session]
        assert moves == (["joined", "left"] if joined == "ok" else [])


def test_what_is_said_while_the_mute_is_under_way_is_said_up_to_there(
    real_space: Space, people: Sequence[User]
) -> None:
    alice, bob, _ = people
    for number in range(TIMES):
        room = f"#r{number}"
        join(alice, room)
        join(bob, room)
        said: list[object] = []

        def speak(room: str = room, said: list[object] = said) -> None:
            flight = [bob.submit(f"m{n}", room) for n in range(40)]
            said += [each.result(20) for each in flight]

        assert at_once(speak, lambda room=room: govern(alice, room, "mute", "bob")) == ["ok", "ok"]  # type: ignore[misc]
        fine = [isinstance(outcome, Published) for outcome in said]
        assert fine == sorted(fine, reverse=True)  # nothing after the first refusal
        assert {outcome.reason for outcome in said if isinstance(outcome, Refused)} <= {Reason.MUTED}
        assert len(real_space.kinds(room, "message")) == sum(fine)
        assert int(real_space.row(bob)["n"]) == bob.n  # every number is used up


def test_a_room_that_is_handed_over_while_its_heir_is_removed_has_one_owner(
    real_space: Space, people: Sequence[User]
) -> None:
    alice, bob, _ = people
    for number in range(TIMES):
        room = f"#r{number}"
        join(alice, room)
        join(bob, room)
        # One session may ask on two threads: its node asks Redis in some order.
        given, removed = at_once(
            lambda room=room: govern(alice, room, "owner", "bob"),  # type: ignore[misc]
            lambda room=room: govern(alice, room, "remove", "bob"),  # type: ignore[misc]
        )
        owner = rights(real_space, room)["owner"]
        assert owner in members(real_space, room)
        assert (given, removed, owner) in (
            ("ok", Reason.NOT_OWNER, bob.session),
            (Reason.NO_SUCH_NICK, "ok", alice.session),
        )


def test_the_death_of_an_owner_leaves_one_heir_whoever_comes_and_goes(
    real_space: Space, people: Sequence[User]
) -> None:
    _, bob, carol = people
    for number in range(TIMES):
        room = f"#r{number}"
        owner = people[0].node.claim(f"Owner{number}")
        join(owner, room)
        guard(owner, room, Guard.TOPIC)
        join(bob, room)
        told = at_once(
            lambda owner=owner: owner.end(),  # type: ignore[misc]
            lambda room=room: bob.node.cluster.leave(bob.session, bob.claim, room),  # type: ignore[misc]
            lambda room=room: carol.node.cluster.join(carol.session, carol.claim, room),  # type: ignore[misc]
            lambda room=room: govern(carol, room, "tell"),  # type: ignore[misc]
        )
        owner.node.events.wait(lambda owner=owner: not real_space.row(owner), "ended")  # type: ignore[misc]
        assert told[:3] == ["ok", "ok", "ok"]
        assert members(real_space, room) == {carol.session}
        assert rights(real_space, room)["owner"] == carol.session


def test_a_room_that_is_founded_twice_at_once_has_one_owner(real_space: Space, people: Sequence[User]) -> None:
    alice, bob, carol = people
    for number in range(TIMES):
        room = f"#r{number}"
        acts = [lambda user=user, room=room: join(user, room) for user in (alice, bob, carol)]
        assert at_once(*acts) == ["ok"] * 3
        first = next(fields["session"] for _, fields in real_space.stream(room) if fields["kind"] == "joined")
        assert rights(real_space, room)["owner"] == first
