"""What the publisher has just done, laid over the node's own list."""

from __future__ import annotations

from dataclasses import replace

from cluster.fresh import KEPT, Fresh
from cluster.types import Name, SessionRecord

ALICE = SessionRecord("s", "c1", Name("Alice", "alice"), "h", "a", 1, 0, ("#lobby",), taken=10)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_claim_that_is_not_listed_yet() -> None:
    fresh = Fresh()
    fresh.claimed(ALICE)
    assert fresh.joined_with([]) == [ALICE]
    assert fresh.joined_with([replace(ALICE, n=7, taken=0)]) == [replace(ALICE, n=7)]


def test_a_newer_claim_than_the_listed_one_counts() -> None:
    fresh = Fresh()
    newer = replace(ALICE, claim="c2", taken=20)
    fresh.claimed(newer)
    assert fresh.joined_with([ALICE]) == [newer]


def test_joined_and_left_rooms() -> None:
    fresh = Fresh()
    fresh.member("s", "c1", "#ops", True)
    fresh.member("s", "c1", "#lobby", False)
    assert fresh.joined_with([ALICE]) == [replace(ALICE, rooms=("#ops",))]
    fresh.member("s", "c1", "#ops", False)
    assert fresh.joined_with([replace(ALICE, rooms=("#ops", "#x"))]) == [replace(ALICE, rooms=("#x",))]
    assert fresh.joined_with([replace(ALICE, claim="c2")]) == [replace(ALICE, claim="c2")]


def test_who_has_quit_is_not_brought_back() -> None:
    fresh = Fresh()
    fresh.claimed(ALICE)
    fresh.ended("s", "c1")
    assert fresh.joined_with([ALICE]) == []
    assert fresh.joined_with([]) == []


def test_an_away_by_an_old_claim_says_nothing() -> None:
    fresh = Fresh()
    fresh.claimed(replace(ALICE, claim="c2"))
    fresh.away("s", "c1")
    assert len(fresh.joined_with([])) == 1
    fresh.away("s", "c2")
    assert fresh.joined_with([]) == []


def test_who_was_taken_elsewhere_is_forgotten() -> None:
    fresh = Fresh()
    fresh.claimed(ALICE)
    assert fresh.taken("s", "c2", 20) is True
    assert fresh.joined_with([]) == []
    assert fresh.taken("unknown", "c", 1) is True


def test_a_notice_that_is_older_than_our_claim_is_outdated() -> None:
    fresh = Fresh()
    fresh.claimed(replace(ALICE, claim="c3", taken=30))
    assert fresh.taken("s", "c2", 20) is False
    assert fresh.taken("s", "c3", 30) is True  # our own
    assert len(fresh.joined_with([])) == 1


def test_notes_do_not_last() -> None:
    clock = Clock()
    fresh = Fresh(clock)
    fresh.claimed(ALICE)
    clock.now = KEPT + 1
    assert fresh.joined_with([]) == []
    fresh.claimed(ALICE)
    fresh.clear()
    assert fresh.joined_with([]) == []
