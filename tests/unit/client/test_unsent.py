"""Numbering, window and going back."""

from __future__ import annotations

import random

import pytest

from client.unsent import KEPT, Place, Saying, Stuck, Unsent
from wire.frames import Say


def unsent(*texts: str, window: int = 64) -> Unsent:
    made = Unsent(window, 0.1, 2.0, random.Random(1))
    for ticket, text in enumerate(texts, 1):
        made.add(Saying(ticket, "#lobby", text, None))
    return made


def numbers(frames: list[Say]) -> list[int]:
    return [frame.n for frame in frames]


def test_numbers_rise_from_one_and_the_window_holds() -> None:
    line = unsent(*"abcde", window=3)
    assert numbers(line.due(0.0)) == [1, 2, 3]
    assert line.due(0.0) == []
    assert line.outcome(1) is not None
    assert numbers(line.due(0.0)) == [4]
    assert (line.pending, line.known) == (4, 1)


def test_an_outcome_counts_once() -> None:
    line = unsent("a", "b")
    line.due(0.0)
    first = line.outcome(1)
    assert first is not None
    assert first.text == "a"
    assert line.outcome(1) is None
    assert line.outcome(7) is None
    assert line.pending == 1


def test_a_retryable_error_goes_back_to_its_n_after_a_pause() -> None:
    line = unsent(*"abc")
    line.due(0.0)
    assert line.outcome(1)
    kept = line.retry(2, 10.0)
    assert kept is not None
    assert kept.tries == 1
    assert line.due(100.0) == [], "the answer to 3 is still owed"
    line.out_of_order(1)
    assert line.due(10.0) == [], "the pause is not over"
    deadline = line.deadline()
    assert deadline is not None
    assert 10.1 <= deadline <= 10.2
    assert numbers(line.due(deadline)) == [2, 3]
    assert line.deadline() is None


def test_pauses_grow_and_are_bounded() -> None:
    line = unsent("a")
    pauses = []
    for _ in range(30):
        line.due(1e9)
        assert line.retry(1, 0.0)
        pauses.append(line.deadline() or 0.0)
        line.due(1e9)
    assert pauses[0] <= 0.2
    assert 1.0 <= pauses[-1] <= 2.0


def test_late_answers_do_not_start_another_round() -> None:
    line = unsent(*"abcd")
    line.due(0.0)
    line.retry(1, 0.0)
    for _ in range(3):
        assert line.due(10.0) == []
        line.out_of_order(0)
    assert numbers(line.due(10.0)) == [1, 2, 3, 4]
    assert line.due(10.0) == []


def test_a_new_connection_says_all_unanswered_again_in_order() -> None:
    line = unsent(*"abc")
    line.due(0.0)
    line.outcome(1)
    line.resumed(2)
    assert numbers(line.due(0.0)) == [2, 3], "2 was consumed, its outcome is not known"


def test_what_was_seen_in_its_room_is_said_again_with_its_place() -> None:
    """It was shown to others, too: should the room have lost it, they must not take it for new."""
    line = unsent("a", "b")
    assert [frame.again for frame in line.due(0.0)] == [None, None]
    line.saw(1, Place("#lobby", "e1", 7, 1000))
    line.resumed(0)
    assert [(frame.n, frame.again) for frame in line.due(1.0)] == [(1, ("e1", 7)), (2, None)]


def test_what_the_node_lost_is_said_again_from_memory() -> None:
    line = unsent(*"abc")
    line.due(0.0)
    for n in (1, 2, 3):
        line.outcome(n)
    line.resumed(1)
    assert numbers(line.due(0.0)) == [2, 3]
    assert line.outcome(2) is None
    assert line.pending == 0


def test_what_is_forgotten_can_not_be_said_again() -> None:
    line = unsent(*("x" for _ in range(KEPT + 50)), window=1000)
    line.due(0.0)
    for n in range(1, KEPT + 51):
        line.outcome(n)
    with pytest.raises(Stuck):
        line.resumed(10)


def test_a_new_session_numbers_anew_and_tells_what_is_in_doubt() -> None:
    line = unsent(*"abcd", window=2)
    line.due(0.0)
    line.outcome(1)
    line.saw(2, Place("#lobby", "e", 5, 1))
    doubtful = line.renew()
    assert [(one.text, one.place is not None) for one in doubtful] == [("b", True)]
    assert [(frame.n, frame.text) for frame in line.due(0.0)] == [(1, "c"), (2, "d")]
    assert line.pending == 2


def test_out_of_order_does_not_skip_what_has_no_outcome() -> None:
    line = unsent(*"abc")
    line.due(0.0)
    line.out_of_order(2)
    line.outcome(1)
    line.outcome(2)
    assert numbers(line.due(0.0)) == [3]


def test_outcomes_that_come_during_a_rewind_do_not_pull_the_ground_away() -> None:
    line = unsent(*("x" for _ in range(3 * KEPT)))
    line.due(0.0)
    assert line.retry(64, 0.0)
    for n in range(1, 64):
        line.outcome(n)
    assert numbers(line.due(10.0)) == list(range(64, 128))


def test_the_memory_is_bounded() -> None:
    line = unsent(*("x" for _ in range(1000)), window=1000)
    line.due(0.0)
    for n in range(1, 1001):
        line.outcome(n)
    assert len(line._sayings) == KEPT
