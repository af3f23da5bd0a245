"""What was accepted and is said again: signs, pace, bounds."""

from __future__ import annotations

import random

from client.kept import Kept, Limits
from client.unsent import Place, Saying
from wire.frames import Say

SECONDS = 60.0


def place(offset: int, epoch: str = "e1") -> Place:
    return Place("#lobby", epoch, offset, 1000)


def saying(n: int, text: str = "hi") -> Saying:
    return Saying(n, "#lobby", text, None, n=n, sent=True, done=True)


def kept(*ns: int, most: int = 100, size: int = 10_000, spread: float = 0.0, at: float = 0.0) -> Kept:
    """Accepted at (e1, n) each."""
    made = Kept(Limits(SECONDS, most, size, spread), 0.1, 2.0, random.Random(1))
    made.begin({"#lobby": ("e1", 1)})
    for n in ns:
        made.add(saying(n), place(n), at)
    return made


def numbers(frames: list[Say]) -> list[int]:
    return [frame.n for frame in frames]


def test_an_epoch_that_was_never_seen_brings_all_up_again_once() -> None:
    line = kept(1, 2)
    line.sign("e1", 1.0)
    line.sign("", 1.0)
    assert line.due(64, 1.0) == []
    line.sign("e2", 1.0)
    frames = line.due(64, 1.0)
    assert [(frame.n, frame.text, frame.again) for frame in frames] == [(1, "hi", ("e1", 1)), (2, "hi", ("e1", 2))]
    line.answered(1, place(5, "e2"))
    line.answered(2, place(6, "e2"))
    line.sign("e2", 2.0)
    line.sign("e1", 2.0)
    assert line.due(64, 2.0) == []
    line.sign("e3", 3.0)
    assert [frame.again for frame in line.due(64, 3.0)] == [("e1", 1), ("e1", 2)], "where it was accepted"


def test_a_recovery_without_an_epoch_brings_all_up_again() -> None:
    line = kept(1)
    line.recovered(1.0)
    assert numbers(line.due(64, 1.0)) == [1]
    line.answered(1, place(1, "e2"))
    line.sign("e2", 1.0)
    assert line.due(64, 1.0) == []


def test_an_answer_that_comes_after_the_sign_is_in_doubt_at_once() -> None:
    line = kept()
    line.sign("e2", 0.0)
    line.add(saying(1), place(9, "e1"), 0.0)
    line.add(saying(2), place(3, "e2"), 0.0)
    assert numbers(line.due(64, 0.0)) == [1]


def test_what_comes_back_through_its_log_needs_no_saying() -> None:
    line = kept(1, 2)
    line.sign("e2", 0.0)
    line.saw(1, place(1, "e2"))
    line.saw(2, place(2, "e1"))
    assert numbers(line.due(64, 0.0)) == [2], "2 was seen in the life that is over"
    line.saw(2, place(7, "e2"))
    assert line.failed(2) is not None, "its answer is owed all the same"


def test_a_receipt_ends_the_care() -> None:
    line = kept(1, 2, 3)
    line.drop(1)
    line.sign("e2", 0.0)
    line.drop(2)
    assert numbers(line.due(64, 0.0)) == [3]
    line.drop(3)
    assert line.failed(3) is None
    assert len(line) == 0


def test_they_go_in_the_room_that_there_is() -> None:
    line = kept(1, 2, 3)
    line.sign("e2", 0.0)
    assert numbers(line.due(2, 0.0)) == [1, 2]
    assert line.due(0, 0.0) == []
    assert numbers(line.due(2, 0.0)) == [3]
    assert line.deadline() is None


def test_what_a_node_can_not_take_waits_and_goes_last() -> None:
    line = kept(1, 2, 3)
    line.sign("e2", 0.0)
    line.due(2, 0.0)
    line.retry(1, 10.0)
    deadline = line.deadline()
    assert deadline is not None
    assert 10.0 < deadline <= 10.2
    assert line.due(64, 10.0) == []
    assert numbers(line.due(64, deadline)) == [3, 1]
    line.retry(7, 10.0)
    assert line.deadline() is None


def test_a_new_connection_asks_again_what_has_no_answer() -> None:
    line = kept(1, 2)
    line.sign("e2", 0.0)
    line.due(64, 0.0)
    line.answered(1, place(1, "e2"))
    line.disconnected()
    assert numbers(line.due(64, 0.0)) == [2]


def test_what_the_node_did_not_consume_is_left_to_the_others() -> None:
    line = kept(1, 2, 3, 4)
    line.sign("e2", 0.0)
    line.due(3, 0.0)
    line.rewound(2)
    assert line.due(64, 0.0) == []
    line.answered(4, place(8, "e2"))
    line.sign("e3", 0.0)
    assert [(frame.n, frame.again) for frame in line.due(64, 0.0)] == [(3, ("e1", 3)), (4, ("e2", 8))]


def test_a_refusal_gives_it_back_once() -> None:
    line = kept(1)
    line.sign("e2", 0.0)
    line.due(64, 0.0)
    lost = line.failed(1)
    assert lost is not None
    assert lost.ticket == 1
    assert line.failed(1) is None


def test_not_all_clients_come_at_once() -> None:
    line = kept(1, spread=1.0)
    line.sign("e2", 5.0)
    deadline = line.deadline()
    assert deadline is not None
    assert 5.0 < deadline < 6.0
    assert line.due(64, 5.0) == []
    assert numbers(line.due(64, deadline)) == [1]


def test_what_was_accepted_long_ago_is_not_said_again() -> None:
    line = kept(1)
    line.add(saying(2), place(2), 30.0)
    line.sign("e2", SECONDS)
    assert numbers(line.due(64, SECONDS)) == [2]


def test_the_memory_is_bounded_in_number_time_and_bytes() -> None:
    line = kept(*range(1, 1001), most=10)
    assert len(line) == 10
    line.add(saying(1001), place(1001), SECONDS)
    assert len(line) == 1
    line = kept(most=100, size=30)
    for n in range(1, 50):
        line.add(saying(n, "ж" * 5), place(n), 0.0)
    assert len(line) == 3
    line.sign("e2", 0.0)
    line.answered(line.due(1, 0.0)[0].n, place(1, "e2"))
    line.drop(49)
    line.drop(48)
    line.drop(47)
    assert (len(line), line._size) == (0, 0)


def test_an_ended_session_gives_up_what_was_in_doubt_and_the_rest() -> None:
    line = kept(1, 2)
    line.sign("e2", 0.0)
    line.due(1, 0.0)
    line.add(saying(3), place(3, "e2"), 0.0)
    doubted, rest = line.give_up(1.0)
    assert [one.saying.n for one in doubted] == [1, 2]
    assert [one.saying.n for one in rest] == [3]
    assert len(line) == 0
    assert not line.begin({"#lobby": ("e2", 3), "@": ("e9", 0)})
    assert line.begin({"#lobby": ("e3", 3)})
