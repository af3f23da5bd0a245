"""R6: which logs are asked for when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cluster import tops
from cluster.rights import KeptRights
from cluster.tops import Tops
from cluster.types import Position


class Redis:
    """Answers `tops` as the script does. `former`: what each log's earlier epochs are."""

    def __init__(self) -> None:
        self.epoch, self.former = "e1", ""
        self.refuses = False
        self.to_heal: set[str] = set()
        self.asked: list[list[str]] = []

    def call(self, _link: object, _script: str, arguments: Sequence[str]) -> list[bytes]:
        known, *logs = arguments
        self.asked.append(logs)
        if self.refuses:
            return [b"recover"]
        former = b"" if known == self.epoch else self.former.encode()
        told = [(b"", b"", b"") if log in self.to_heal else (b"5", former, b"") for log in logs]
        return [b"ok", self.epoch.encode(), *(part for each in told for part in each)]


class World:
    def __init__(self) -> None:
        self.redis, self.logs, self.told = Redis(), list[str](), dict[str, Position]()
        anything: Any = self
        self.tops = Tops(anything, anything, anything, KeptRights())

    def call(self, link: object, script: str, arguments: Sequence[str]) -> list[bytes]:
        return self.redis.call(link, script, arguments)

    def local_logs(self) -> list[str]:
        return list(self.logs)

    def on_tops(self, told: Mapping[str, Position]) -> None:
        self.told.update(told)

    def ask(self) -> list[str]:
        """Which logs one round asks for."""
        self.redis.asked.clear()
        self.tops.ask()
        return [log for logs in self.redis.asked for log in logs]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(tops, "A_ROUND", 10)
    monkeypatch.setattr(tops, "LOGS_A_CALL", 4)
    return World()


def names(first: int, last: int) -> list[str]:
    return [f"#r{number}" for number in range(first, last + 1)]


def test_few_logs_are_all_asked_for_each_time(world: World) -> None:
    world.logs = names(1, 10)
    for _ in range(3):
        assert sorted(world.ask()) == sorted(world.logs)
    assert max(map(len, world.redis.asked)) == 4
    assert world.told["#r10"] == Position("e1", 5)


def test_many_take_turns_and_each_has_its_own_before_any_has_two(world: World) -> None:
    world.logs = names(1, 25)
    assert sorted(world.ask()) == sorted(world.logs)  # nothing is known of them yet
    asked = [world.ask() for _ in range(3)]
    assert [len(each) for each in asked] == [10, 10, 5]
    assert sorted(log for each in asked for log in each) == sorted(world.logs)


def test_a_new_one_is_asked_for_at_once_however_many_there_are(world: World) -> None:
    world.logs = names(1, 25)
    world.ask()
    world.logs += ["#new"]
    assert "#new" in world.ask()
    world.logs.remove("#r1")
    assert "#r1" not in [log for _ in range(4) for log in world.ask()]


def test_when_the_epoch_turns_all_are_asked_for_in_that_round(world: World) -> None:
    world.logs = names(1, 25)
    world.ask()
    world.redis.epoch, world.redis.former = "e2", "e1=5"
    assert set(world.ask()) == set(world.logs)
    assert {world.tops.forks(log, "e2") for log in world.logs} == {"e1=5"}
    assert {world.tops.forks(log, "e1") for log in world.logs} == {"-"}
    assert len(world.ask()) == 10


def test_one_that_is_to_be_healed_first_keeps_what_was_known_and_is_asked_for_each_time(world: World) -> None:
    world.logs = names(1, 25)
    world.ask()
    world.redis.epoch, world.redis.to_heal = "e2", {"#r7"}
    world.ask()
    assert world.tops.forks("#r7", "e1") == "-"
    assert all("#r7" in world.ask() for _ in range(4))


def test_of_a_refused_round_nothing_is_believed(world: World) -> None:
    world.logs = names(1, 3)
    world.redis.refuses = True
    world.ask()
    assert world.told == {}
    assert world.tops.forks("#r1", "e1") == ""
    world.redis.refuses = False
    assert len(world.ask()) == 3
