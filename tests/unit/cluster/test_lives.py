"""R5: what is told of the lives of the logs that a node has been in."""

from __future__ import annotations

from cluster.lives import KEPT, KEPT_WHOLE, UNKNOWN, Lives
from cluster.types import Name, Position, SessionRecord

LOG = "#lobby"
A, B, C = "aaaa", "bbbb", "cccc"


def known(offered: Position | None, *told: Position) -> list[tuple[str, int]]:
    lives = Lives()
    for epoch in (A, B, C):
        lives.enter(epoch)
    positions = {LOG: offered} if offered else {}
    record = SessionRecord("s", "c", Name("N", "n"), "h", "", 0, 0, (LOG,), positions=positions, told={LOG: told})
    return [(place.epoch, place.offset) for log, place in lives.known_of(record) if log == LOG]


def test_of_one_life_the_highest_place_counts() -> None:
    assert known(Position(A, 5), Position(A, 7), Position(A, 2)) == [(A, 7)]


def test_what_was_told_of_a_later_life_is_known_too() -> None:
    assert known(Position(A, 5), Position(B, 3), Position(C, 1)) == [(A, 5), (B, 3), (C, 1)]


def test_what_was_told_of_an_earlier_life_has_turned_since() -> None:
    assert known(Position(C, 5), Position(B, 30), Position("of long ago", 9)) == [(C, 5)]


def test_of_a_log_that_was_not_offered_the_latest_counts() -> None:
    assert known(None, Position(A, 9), Position(B, 4)) == [(B, 4)]
    assert known(None) == []


def test_which_came_after_which_is_remembered_of_a_number_of_lives() -> None:
    lives = Lives()
    for number in range(KEPT + 3):
        lives.enter(str(number))
        lives.enter("0")  # once more, by a recovery that began anew
    record = SessionRecord(
        "s", "c", Name("N", "n"), "h", "", 0, 0, (), told={LOG: (Position("2", 5), Position("9", 1))}
    )
    assert list(lives.known_of(record)) == [(LOG, Position("9", 1))]


def test_where_a_life_began_and_what_it_had_is_remembered_of_the_last_ones() -> None:
    lives = Lives()
    assert (lives.began(LOG, B), lives.had(LOG, B)) == (UNKNOWN, "")
    lives.begin(B, LOG, 7)  # we are not in it
    for number in range(KEPT_WHOLE + 1):
        epoch = f"e{number}"
        lives.enter(epoch)
        lives.begin(epoch, LOG, number)
        lives.offer(epoch, {LOG: Position(A, 5), "#turned": Position(epoch, 3)})
        lives.offer(epoch, {LOG: Position(A, 6)})  # too late
    assert [lives.began(LOG, epoch) for epoch in (B, "e0", "e1", "e4")] == [UNKNOWN, UNKNOWN, 1, 4]
    assert [lives.had(LOG, epoch) for epoch in ("e0", "e1", "e4")] == ["", f"{A}:5", f"{A}:5"]
    assert lives.had("#turned", "e4") == ""
