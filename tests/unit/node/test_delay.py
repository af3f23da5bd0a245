"""How long messages take, looked at one at a time."""

from __future__ import annotations

import time

from cluster.types import Position
from node.delay import A_TICK, EXPIRES, Sampler


class World:
    """A room's place, and what was observed."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.offset = 10
        self.sampler = Sampler(self.seen.append)

    def place(self, _: str) -> Position:
        return Position("e", self.offset)

    def accepted(self, n: int, offset: int, log: str = "#lobby", epoch: str = "e") -> None:
        self.sampler.settled("s", n, log, Position(epoch, offset), self.place)

    def heard(self, offset: int) -> None:
        self.offset = offset
        self.sampler.burst(self.place)

    def tick(self, later: float = 0.0) -> None:
        self.sampler.tick(time.monotonic() + later, self.place)

    def one(self, n: int) -> None:
        self.sampler.taken("s", n)
        self.accepted(n, self.offset + 1)
        self.heard(self.offset + 1)


def test_accepted_first_or_heard_first_it_is_counted_once() -> None:
    world = World()
    world.sampler.taken("s", 1)
    world.accepted(1, 11)
    assert world.seen == []
    world.heard(11)
    world.sampler.taken("s", 2)
    world.heard(12)
    assert len(world.seen) == 1
    world.accepted(2, 12)
    world.heard(13)
    assert len(world.seen) == 2
    assert all(0 <= seconds < 60 for seconds in world.seen)


def test_only_the_one_in_hand_counts() -> None:
    world = World()
    world.sampler.taken("s", 1)
    world.sampler.taken("t", 1)  # another session's first
    world.accepted(2, 11)
    world.sampler.settled("t", 1, "#lobby", Position("e", 11), world.place)
    world.heard(11)
    assert world.seen == []


def test_what_reaches_no_room_makes_place_for_the_next() -> None:
    world = World()
    world.sampler.taken("s", 1)
    world.accepted(1, 1, "@inbox")
    world.sampler.taken("s", 2)
    world.sampler.settled("s", 2, "", None, world.place)
    world.one(3)
    assert len(world.seen) == 1


def test_of_another_epoch_it_is_not_back() -> None:
    world = World()
    world.sampler.taken("s", 1)
    world.accepted(1, 5, epoch="later")
    world.heard(11)
    assert world.seen == []


def test_so_many_between_two_ticks() -> None:
    world = World()
    for n in range(3 * A_TICK):
        world.one(n)
    assert len(world.seen) == A_TICK
    world.tick()
    world.one(1)
    assert len(world.seen) == A_TICK + 1


def test_what_never_comes_back_counts_as_long() -> None:
    world = World()
    world.sampler.taken("s", 1)
    world.tick(EXPIRES - 1)
    assert world.seen == []
    world.tick(EXPIRES + 1)
    (seconds,) = world.seen
    assert seconds > EXPIRES
    world.one(2)
    assert len(world.seen) == 2


def test_an_old_one_that_is_said_again_does_not() -> None:
    world = World()
    world.sampler.taken("s", 1)
    world.accepted(1, 3)  # it was heard long ago, and nothing comes now
    world.tick(EXPIRES + 1)
    assert world.seen == []
