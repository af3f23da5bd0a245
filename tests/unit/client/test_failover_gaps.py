"""The failover machine and what may be missing: holes, gaps, repeats, other lives."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from client.events import (
    GapEvent,
    JoinedEvent,
    LeftEvent,
    Moved,
)
from tests.unit.client.model import LOBBY, Driver, hears, line, said
from wire.frames import (
    Gap,
    Joined,
    Left,
    Message,
    Welcome,
)


def test_repeats_are_shown_once_also_under_a_new_epoch(driver: Driver) -> None:
    hears(driver, said(2), said(2), said(2, epoch="e2"), said(3, "next", epoch="e2"))
    assert driver.told() == ["hi", "next"]


def test_what_comes_back_is_shown_to_who_has_not_had_it(driver: Driver) -> None:
    driver.stay.inbound.track(LOBBY)
    first = driver.stay.inbound.cursors[LOBBY][1] + 1
    hears(driver, said(first, "had", n=50))
    hears(driver, Gap(LOBBY, "e1", first, first + 1, first + 1, "e2", first + 1))
    many = [
        said(first + 2 + i, f"{i}", "e2", n=100 + 64 * i) for i in range(5000)
    ]  # more than identities are remembered
    hears(driver, *many)
    top = first + 5001
    back = [said(top + 1, "had", "e2", n=50), said(top + 2, "missed", "e2", n=51)]
    hears(driver, *(replace(frame, was=(("e1", first + i),), late=True) for i, frame in enumerate(back)))
    assert driver.told().count("had") == 1
    assert driver.told().count("missed") == 1


def test_a_coming_and_a_going_that_come_back_are_told_once(driver: Driver) -> None:
    first = driver.stay.inbound.cursors[LOBBY][1] + 1
    joined = Joined(LOBBY, "e1", first, "carol-session", "carol", 1000)
    hears(driver, joined)
    left = Left(LOBBY, "e2", first + 2, "carol-session", "carol", 1001, "left", was=(("e1", first + 1),))
    hears(driver, replace(joined, epoch="e2", offset=first + 1, was=(("e1", first),)), left)
    hears(driver, replace(left, epoch="e3", offset=first + 3, was=(("e2", first + 2), ("e1", first + 1))))
    assert [event.nick for event in driver.of(JoinedEvent) if isinstance(event, JoinedEvent)].count("carol") == 1
    assert len(driver.of(LeftEvent)) == 1


def test_our_own_leaving_of_an_earlier_life_is_over_and_done_with(driver: Driver) -> None:
    session = driver.stay.session or ""
    first = driver.stay.inbound.cursors[LOBBY][1] + 1
    hears(driver, said(first))
    before = len(driver.of(JoinedEvent))
    hears(driver, Left(LOBBY, "e2", first + 1, session, "alice", 1001, "left", was=(("e1", first - 1),)))
    hears(driver, Joined(LOBBY, "e2", first + 2, session, "alice", 1002, was=(("e1", first),)))
    hears(driver, said(first + 3, "still here", "e2", n=77))
    assert not driver.of(LeftEvent)
    assert len(driver.of(JoinedEvent)) == before
    assert driver.stay.inbound.cursors[LOBBY] == ("e2", first + 3)
    assert driver.told()[-1] == "still here"
    # One that we had not met is news: a `leave` without an answer was carried out.
    hears(driver, Left(LOBBY, "e3", first + 4, session, "alice", 1003, "left", was=(("e2", first + 9),)))
    assert len(driver.of(LeftEvent)) == 1


def test_history_never_moves_the_cursor_and_is_shown_once(driver: Driver) -> None:
    old = Message(LOBBY, "e1", 40, "carol", 1, "carol", "old", 1, history=True)
    hears(driver, old, old, said(2))
    assert driver.told() == ["old", "hi"]
    assert driver.stay.inbound.cursors[LOBBY] == ("e1", 2)


def test_a_hole_is_fetched_by_resuming(driver: Driver) -> None:
    for text in ("a", "b", "c"):
        driver.world.post(text)
    line(driver).down.popleft()
    driver.settle()
    assert driver.told() == ["a", "b", "c"]
    assert not driver.of(GapEvent)


def test_a_hole_that_nobody_can_fill_is_told(driver: Driver) -> None:
    hears(driver, said(5))
    driver.advance(0.2)
    driver.step()
    number = line(driver).link
    welcome = Welcome(driver.stay.session or "", "alice", "n2", {LOBBY: ("e1", 5)}, 4.0, resumed=True)
    for frame in (welcome, said(5)):
        driver.do(driver.machine.received(number, frame, driver.now))
    (gap,) = driver.of(GapEvent)
    assert isinstance(gap, GapEvent)
    assert gap.text == "complete to #1; 2-4 may be missing"
    assert driver.told() == ["hi"]
    (moved,) = driver.of(Moved)
    assert moved == Moved("n2", moved.former if isinstance(moved, Moved) else "", complete=False)


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        (Gap(LOBBY, "e1", 1, 2, 4), "complete to #1; 2-4 may be missing"),
        (Gap(LOBBY, "e1", 1, 2), "complete to #1; what came from 2 on may be missing"),
        (Gap(LOBBY, "e1", 0, 1, 1), None),
        (Gap(LOBBY, "e1", 0, 1, 4, "e2", 5), "complete to #1; 2-4 may be missing"),
        (Gap(LOBBY, "e1", 0, 1, 1, "e2", 2), None),
        (Gap(LOBBY, "before-us", 0, 1, 9, "e1", 2), None),
        (Gap(LOBBY, "between", 0, 1, 9, "e2", 1), "complete to #0; 1-9 may be missing"),
        (Gap(LOBBY, "before-us", 0, 1, 9, "e2", 1, (("e1", 1),)), None),
        (Gap(LOBBY, "between", 0, 1, 9, "e2", 1, (("e1", 4),)), "complete to #0; 1-9 may be missing"),
    ],
)
def test_a_gap_is_told_to_whom_it_concerns(driver: Driver, gap: Gap, told: str | None) -> None:
    hears(driver, gap)
    assert [gap.text for gap in driver.of(GapEvent) if isinstance(gap, GapEvent)] == ([told] if told else [])
    if gap.offset:
        assert driver.stay.inbound.cursors[LOBBY] == (gap.epoch, gap.offset)


def told_gaps(driver: Driver) -> list[str]:
    return [gap.text for gap in driver.of(GapEvent) if isinstance(gap, GapEvent)]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (5, 6, None),
        (5, 7, "complete to #6; 7 may be missing"),
        (4, 6, "complete to #3; 4 may be missing"),
        (4, 7, "complete to #3; 4-7 may be missing"),
    ],
)
def test_a_gap_of_what_has_come_back_late_is_no_news(driver: Driver, first: int, last: int, told: str | None) -> None:
    """The data were lost once more, and nobody remembers it any more: but here it was shown."""
    for place, old in ((2, 5), (3, 6)):
        hears(driver, Message(LOBBY, "e2", place, "bob", old, "bob", "late", 1000, late=True, was=(("e1", old),)))
    hears(driver, Gap(LOBBY, "e1", first - 1, first, last, "e3", 1))
    assert told_gaps(driver) == ([told] if told else [])


def test_a_gap_of_what_was_shown_as_history_is_no_news(driver: Driver) -> None:
    hears(
        driver,
        Message(LOBBY, "e2", 4, "bob", 5, "bob", "before", 1000, history=True, was=(("e1", 5),)),
        Gap(LOBBY, "e1", 4, 5, 5, "e3", 1),
    )
    assert told_gaps(driver) == []


def test_many_lives_later_it_is_known_how_far_we_came(driver: Driver) -> None:
    """Redis may lose its data every few seconds, for a minute."""
    hears(driver, Message(LOBBY, "e1", 2, "bob", 1, "bob", "one", 1000))
    for life in range(2, 42):
        hears(driver, Message(LOBBY, f"e{life}", 1, "bob", life, "bob", "more", 1000))
    hears(driver, Gap(LOBBY, "e1", 0, 1, 2, "e41", 2))
    assert told_gaps(driver) == []


def test_a_gap_without_an_end_is_told_once(driver: Driver) -> None:
    """It stands in no log, so each node to which we come with the same cursor tells it."""
    for _ in range(2):
        hears(driver, Gap(LOBBY, "e1", 1, 2))
    assert told_gaps(driver) == ["complete to #1; what came from 2 on may be missing"]
