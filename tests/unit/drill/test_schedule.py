"""The schedule of a drill: the same by the same seed, all classes in turn, nothing that needs the same at one time."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from drill.faults.fault import Planned
from drill.faults.registry import FAULTS, all_for, named
from drill.nemesis.schedule import LONG_ENOUGH, fits, schedule
from drill.settings import DrillSettings

SETTINGS = DrillSettings(out=Path("unused"), faults=all_for("single"), seconds=600.0)


def words_of(planned: Planned) -> frozenset[str]:
    return FAULTS[planned.fault].exclusive(planned)


def plan(settings: DrillSettings) -> list[Planned]:
    return schedule(settings, named(settings.faults))


def test_one_seed_one_schedule() -> None:
    assert plan(SETTINGS) == plan(SETTINGS)
    assert plan(SETTINGS) != plan(replace(SETTINGS, seed=2))


@pytest.mark.parametrize("redis", ["single", "sentinel"])
@pytest.mark.parametrize("seed", range(1, 6))
def test_ten_minutes_hold_each_class_three_times(redis: str, seed: int) -> None:
    found = plan(replace(SETTINGS, faults=all_for(redis), redis=redis, seed=seed))
    counts = Counter(planned.fault for planned in found)
    assert set(counts) == set(all_for(redis))
    assert min(counts.values()) >= 3
    assert len(found) >= 120


def test_it_is_numbered_in_the_order_of_time_and_within_the_drill() -> None:
    found = plan(SETTINGS)
    assert [planned.number for planned in found] == list(range(1, len(found) + 1))
    assert [planned.at for planned in found] == sorted(planned.at for planned in found)
    assert all(planned.at > 0 and planned.at + planned.seconds <= SETTINGS.seconds for planned in found)


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_is_broken_at_one_time_fits_together(seed: int) -> None:
    found = plan(replace(SETTINGS, seed=seed))
    for later in found:
        on = [words_of(p) for p in found if p.number < later.number and p.at + p.seconds > later.at]
        assert fits(on, words_of(later), SETTINGS.nodes), later


def test_faults_overlap() -> None:
    found = plan(SETTINGS)
    assert any(one.at + one.seconds > two.at for one, two in itertools.pairwise(found))


def test_a_long_drill_begins_with_each_class_alone() -> None:
    found = plan(replace(SETTINGS, seconds=LONG_ENOUGH))
    first = found[: len(SETTINGS.faults) - 1]
    assert len({planned.fault for planned in first}) == len(first)
    assert all(one.at + one.seconds < two.at for one, two in itertools.pairwise(first))


def test_without_a_length_it_goes_by_the_messages() -> None:
    found = plan(replace(SETTINGS, seconds=0.0, messages=2000, rate=100.0))
    assert 20.0 < found[-1].at <= 60.0


def test_no_faults_no_schedule() -> None:
    assert schedule(SETTINGS, []) == []


@pytest.mark.parametrize(
    ("busy", "words", "is_free"),
    [
        ([], {"node:n1"}, True),
        ([{"node:n1"}], {"node:n1"}, False),
        ([{"node:n1"}], {"node:n2"}, True),
        ([{"node:n1"}, {"node:n2"}], {"node:n3"}, False),
        ([{"node:n1"}, {"node:n2"}], {"redis"}, True),
        ([], {"node:n1", "node:n2", "node:n3", "redis"}, True),
        ([{"redis"}], {"node:n1", "node:n2", "node:n3", "redis"}, False),
        ([{"node:n1"}, {"node:n2"}], set(), True),
    ],
)
def test_one_node_of_three_is_always_left_alone(busy: list[set[str]], words: set[str], is_free: bool) -> None:
    assert fits([frozenset(each) for each in busy], frozenset(words), 3) is is_free


def test_an_unknown_class_is_named() -> None:
    with pytest.raises(ValueError, match="'quake'"):
        named(["kill", "quake"])
