"""Who carries out a schedule: each begin has its end, what needs the same waits, and nothing fails in silence."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from drill.faults.fault import Planned
from drill.history import Happening, Kind
from drill.nemesis.nemesis import Nemesis
from drill.settings import DrillSettings
from drill.world import World

WITHIN = 10.0


class Fake:
    """A class of fault that notes what is done, and needs what the planned detail says."""

    def __init__(
        self, name: str, cannot: str = "", begin: Callable[[], object] = bool, end: Callable[[], object] = bool
    ) -> None:
        self.name = name
        self.done: list[str] = []
        self.begun = threading.Event()
        self._cannot, self._begin, self._end = cannot, begin, end

    def cannot(self, world: World) -> str:
        return self._cannot

    def exclusive(self, planned: Planned) -> frozenset[str]:
        return frozenset(planned.detail.split())

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        raise NotImplementedError

    def begin(self, world: World, planned: Planned) -> None:
        self.done.append(f"begin {planned.number}")
        self.begun.set()
        self._begin()

    def end(self, world: World, planned: Planned) -> None:
        self.done.append(f"end {planned.number}")
        self._end()


class FakeWorld:
    nodes: dict[str, Any] = dict.fromkeys(("n1", "n2", "n3"))


def planned(number: int, fault: str, seconds: float = 0.0, needs: str = "", at: float = 0.0) -> Planned:
    return Planned(number, fault, at, seconds, "n1", needs)


Make = Callable[..., Nemesis]


@pytest.fixture
def told() -> list[Happening]:
    return []


@pytest.fixture
def make(told: list[Happening]) -> Iterator[Make]:
    made: list[Nemesis] = []

    def nemesis(faults: list[Fake], *plan: Planned) -> Nemesis:
        made.append(Nemesis(cast(World, FakeWorld()), plan, told.append, {fault.name: fault for fault in faults}))
        made[-1].start()
        return made[-1]

    yield nemesis
    for each in made:
        each.stop()
        assert each.join(WITHIN)


def kinds(told: list[Happening]) -> list[tuple[Kind, str, int]]:
    return [(happening.kind, happening.to, happening.n) for happening in told]


def test_each_is_begun_and_ended_and_noted(make: Make, told: list[Happening]) -> None:
    fault = Fake("kill")
    nemesis = make([fault], planned(1, "kill", needs="a"), planned(2, "kill", needs="a"))
    assert nemesis.join(WITHIN)
    assert sorted(fault.done) == ["begin 1", "begin 2", "end 1", "end 2"]
    assert sorted(kinds(told)) == [
        (Kind.FAULT, "kill", 1),
        (Kind.FAULT, "kill", 2),
        (Kind.HEALED, "kill", 1),
        (Kind.HEALED, "kill", 2),
    ]
    assert (nemesis.trouble, nemesis.done, nemesis.active) == ("", 2, [])


def test_stop_ends_what_is_on_and_begins_nothing_more(make: Make) -> None:
    fault = Fake("kill")
    nemesis = make([fault], planned(1, "kill", seconds=600), planned(2, "kill", at=600))
    assert fault.begun.wait(WITHIN)
    assert [each.number for each in nemesis.active] == [1]
    nemesis.stop()
    assert nemesis.join(WITHIN)
    assert fault.done == ["begin 1", "end 1"]


def test_the_end_is_that_of_what_began_later_as_well(make: Make) -> None:
    fault = Fake("kill")
    nemesis = make([fault], planned(1, "kill", seconds=0.2, at=0.2))
    assert nemesis.join(WITHIN)
    assert fault.done == ["begin 1", "end 1"]


def test_what_needs_the_same_waits_and_what_does_not_overlaps(make: Make) -> None:
    one, other, same = Fake("one"), Fake("other"), Fake("same")
    plan = [planned(1, "one", 600, "redis"), planned(2, "same", 600, "redis"), planned(3, "other", 600, "node:n1")]
    nemesis = make([one, other, same], *plan)
    assert one.begun.wait(WITHIN)
    assert other.begun.wait(WITHIN)
    assert same.done == []
    nemesis.stop()
    assert nemesis.join(WITHIN)
    assert same.done == []


def test_a_class_that_cannot_be_injected_is_told_once(make: Make, told: list[Happening]) -> None:
    fault = Fake("disk-full", cannot="needs root")
    nemesis = make([fault], planned(1, "disk-full"), planned(2, "disk-full"))
    assert nemesis.join(WITHIN)
    assert fault.done == []
    assert kinds(told) == [(Kind.NOT_RUN, "disk-full", 0)]
    assert nemesis.not_run == {"disk-full": "needs root"}
    assert nemesis.trouble == ""


def fail() -> None:
    raise OSError("no such process")


def test_a_begin_that_fails_is_trouble_and_the_others_go_on(make: Make, told: list[Happening]) -> None:
    bad, good = Fake("bad", begin=fail), Fake("good")
    nemesis = make([bad, good], planned(1, "bad", needs="a"), planned(2, "good", at=0.01, needs="a"))
    assert nemesis.join(WITHIN)
    assert bad.done == ["begin 1"]
    assert good.done == ["begin 2", "end 2"]
    assert "no such process" in nemesis.trouble
    assert (Kind.NOT_RUN, "bad", 1) in kinds(told)


def test_an_end_that_fails_is_trouble_and_not_healed(make: Make, told: list[Happening]) -> None:
    nemesis = make([Fake("bad", end=fail)], planned(1, "bad"))
    assert nemesis.join(WITHIN)
    assert "no such process" in nemesis.trouble
    assert kinds(told) == [(Kind.FAULT, "bad", 1), (Kind.NOT_RUN, "bad", 1)]


def test_who_never_started_is_joined_at_once(told: list[Happening]) -> None:
    assert Nemesis(cast(World, FakeWorld()), [], told.append).join(0.0)
