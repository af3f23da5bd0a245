"""What was told to be missing: rightly, wrongly, or nobody can know."""

from __future__ import annotations

from typing import Any

import pytest

from drill.checker import check
from drill.history import Happening, Kind
from tests.unit.drill.story import ROOM, Change, add, both, drop, edit, fault, gap, headed, rules, run, told

LOSS = fault("rewind", 10.0, 12.0)


@pytest.mark.parametrize(("first", "last"), [(7, 7), (4, 9), (1, 3), (8, 0)])
def test_where_redis_lost_nothing_each_gap_is_false(first: int, last: int) -> None:
    made = gap(first, last)(run())

    assert rules(headed(made)) == {"false_gaps"}
    assert rules(headed(made, *fault("kill", 10.0, 12.0))) == {"false_gaps"}


def test_where_redis_lost_nothing_a_gap_does_not_excuse_a_loss() -> None:
    assert rules(headed(told(7, 7)(run()))) == {"false_gaps"}


def test_behind_sentinel_redis_killed_may_have_lost_something() -> None:
    made = told(7, 7)(run())

    assert rules(headed(made, *fault("redis-kill", 10.0, 12.0), redis="sentinel")) == set()
    assert rules(headed(made, *fault("redis-kill", 10.0, 12.0))) == {"false_gaps"}


@pytest.mark.parametrize(("first", "last"), [(4, 9), (5, 5)])
def test_a_gap_of_which_all_was_shown_is_false(first: int, last: int) -> None:
    assert rules(headed(gap(first, last)(run()), *LOSS)) == {"false_gaps"}
    assert rules(gap(first, last)(run())) == {"false_gaps"}


@pytest.mark.parametrize("change", [told(7, 7), told(1, 9), told(2, 0), told(7, 7, epoch="")])
def test_a_gap_that_names_something_missing_is_true(change: Change) -> None:
    verdict = check(headed(change(run()), *LOSS))

    assert verdict.kept
    assert (verdict.told, verdict.vague) == (1, 0)


NOT_OWED = both(drop(Kind.RECEIVED, "ben", "ana-2"), edit(Kind.ACCEPTED, "ana", "ana-2", kind=Kind.UNSURE), gap(7, 7))


@pytest.mark.parametrize("change", [gap(10, 10), gap(9, 11), gap(10, 0), gap(4, 9, epoch="e0"), NOT_OWED])
def test_a_gap_over_what_may_have_been_a_joined_or_left_is_vague(change: Change) -> None:
    verdict = check(headed(change(run()), *LOSS))

    assert verdict.kept
    assert verdict.vague == 1


def test_a_gap_in_an_inbox() -> None:
    made = drop(Kind.RECEIVED, "ben", "psst")(run())

    assert rules(headed(gap(1, 1, to="@")(made), *LOSS)) == set()
    assert rules(headed(gap(1, 1, to="@")(run()), *LOSS)) == {"false_gaps"}
    assert rules(headed(gap(1, 1)(made), *LOSS)) == {"lost", "false_gaps"}


def test_a_gap_far_behind_what_one_has_read_is_false() -> None:
    """Whatever stood there, joined or left, had its turn before."""
    assert rules(headed(gap(1, 8)(run()), *LOSS)) == {"false_gaps"}
    assert rules(headed(gap(1, 9)(run()), *LOSS)) == {"false_gaps"}
    assert rules(headed(gap(1, 10)(run()), *LOSS)) == set()


@pytest.mark.parametrize(("kind", "at", "broken"), [
    (Kind.LATE, 901.0, set()), (Kind.LATE, 899.0, {"false_gaps"}), (Kind.RECEIVED, 901.0, {"false_gaps"}),
])  # fmt: skip
def test_what_was_told_to_be_missing_may_come_late_afterwards(kind: Kind, at: float, broken: set[str]) -> None:
    """No node had it any more, but its sender. What comes in its turn was not missing."""
    place: dict[str, Any] = {"who": "ana", "text": "psst", "epoch": "e1", "offset": 1}
    made = both(drop(Kind.RECEIVED, "ben", "psst"), gap(1, 1, to="@"), add(Happening("ben", kind, "@", at=at, **place)))
    assert rules(headed(made(run()), *LOSS)) == broken


@pytest.mark.parametrize(("named", "broken"), [(7, set()), (6, {"lost"})])
def test_a_gap_may_be_told_in_the_epoch_that_the_log_has_turned_to(named: int, broken: set[str]) -> None:
    """What the log had carried over unseen keeps its offset there."""
    place: dict[str, Any] = {"text": "ben-3", "epoch": "e2", "offset": 30}
    later = [
        Happening("ben", Kind.SENT, ROOM, text="ben-3", at=790.0),
        Happening("ben", Kind.ACCEPTED, ROOM, at=795.0, **place),
        *(Happening(nick, Kind.RECEIVED, ROOM, who="ben", at=800.0, **place) for nick in ("ana", "ben")),
    ]
    made = both(told(named, named, epoch="e2"), add(*later))(run())
    assert rules(headed(made, *fault("flushall", 300.0, 301.0))) - {"false_gaps"} == broken


def lives(*gaps: Happening, shown: int = 0) -> set[str]:
    """A message of ana's is accepted in a life that ends before anybody is shown it. Ben is told of `gaps` in the next
    one, and shown something there at `shown`, if at all."""
    at = 100.0
    said = [
        Happening("ana", Kind.SENT, ROOM, text="gone", at=at),
        Happening("ana", Kind.ACCEPTED, ROOM, text="gone", epoch="e2", offset=12, at=at + 1),
        Happening("ana", Kind.SENT, ROOM, text="next", at=at + 3),
        Happening("ana", Kind.ACCEPTED, ROOM, text="next", epoch="e3", offset=shown or 20, at=at + 4),
    ]
    for_all = [Happening(who, Kind.RECEIVED, ROOM, who="ana", text="next", epoch="e3", offset=shown or 20, at=at + 5)
               for who in ("ana", "ben")]  # fmt: skip
    mended = Happening("ana", Kind.GAP, ROOM, epoch="e2", first=12, last=12, at=at + 4.5)
    return rules(headed([*run(), *said, mended, *gaps, *for_all], *fault("flushall", at + 2, at + 2.5)))


def told_ben(epoch: str, first: int, last: int, at: float = 104.0) -> Happening:
    return Happening("ben", Kind.GAP, ROOM, epoch=epoch, first=first, last=last, at=at)


def test_a_gap_without_an_end_names_the_lives_that_followed_up_to_the_one_in_which_it_goes_on() -> None:
    assert lives() == {"lost"}
    assert lives(told_ben("e1", 10, 0)) == set()
    assert lives(told_ben("e1", 10, 15)) == {"lost"}  # that one ends with the first life
    assert lives(told_ben("e3", 14, 0)) == {"lost"}  # … and that begins behind it
    assert lives(told_ben("e1", 10, 0, at=99.0)) == {"lost"}  # before it was said


def test_a_gap_without_an_end_does_not_excuse_what_was_said_where_it_goes_on() -> None:
    made = headed([*run(), Happening("ana", Kind.SENT, ROOM, text="now", at=100.0),
                   Happening("ana", Kind.ACCEPTED, ROOM, text="now", epoch="e3", offset=9, at=101.0),
                   Happening("ana", Kind.RECEIVED, ROOM, who="ana", text="now", epoch="e3", offset=9, at=102.0),
                   told_ben("e1", 10, 0), Happening("ben", Kind.RECEIVED, ROOM, who="ana", text="ana-1 šťastný 你好",
                                                    epoch="e3", offset=8, at=105.0)],
                  *fault("flushall", 99.0, 99.5))  # fmt: skip
    assert "lost" in rules(made)


def test_a_gap_to_the_end_of_a_life_names_what_had_been_named_there() -> None:
    """The entry that named it was lost with the life that it stood in."""
    assert lives(told_ben("e3", 15, 25)) == set()
    assert lives(told_ben("e3", 15, 17)) == {"lost"}


@pytest.mark.parametrize(("first", "broken"), [(1, set()), (3, {"lost"})])
def test_a_gap_of_a_later_life_of_an_inbox_names_what_it_had_kept(first: int, broken: set[str]) -> None:
    """Whatever stands in other people's inboxes at that offset."""
    letter: dict[str, Any] = {"text": "letter", "at": 780.0}
    made = [
        *run(),
        Happening("ana", Kind.SENT, "@ben", **letter),
        Happening("ana", Kind.ACCEPTED, "@ben", epoch="e1", offset=2, **letter),
        Happening("eve", Kind.RECEIVED, "@", who="ana", text="ana-2", epoch="e2", offset=2, at=785.0),
        Happening("ben", Kind.GAP, "@", epoch="e2", first=first, last=9, at=790.0),
    ]
    assert rules(headed(made, *fault("flushall", 785.0, 786.0))) - {"false_gaps", "invented"} == broken
