"""Cursors, repeats, holes, epochs, acknowledgements."""

from __future__ import annotations

import pytest

from client.inbound import Inbound, Verdict
from client.seen import Seen

LOBBY = "#lobby"


def inbound(offset: int = 5) -> Inbound:
    made = Inbound(remembered=3, ack_every=4, ack_after=0.25)
    made.begin({LOBBY: ("e1", offset)})
    return made


@pytest.mark.parametrize(
    ("epoch", "offset", "verdict", "cursor"),
    [
        ("e1", 6, Verdict.NEW, ("e1", 6)),
        ("e1", 5, Verdict.REPEAT, ("e1", 5)),
        ("e1", 1, Verdict.REPEAT, ("e1", 5)),
        ("e1", 8, Verdict.HOLE, ("e1", 5)),
        ("e2", 6, Verdict.NEW, ("e2", 6)),
        ("e2", 3, Verdict.NEW, ("e2", 3)),
    ],
)
def test_an_entry_is_judged_by_the_cursor(epoch: str, offset: int, verdict: Verdict, cursor: tuple[str, int]) -> None:
    one = inbound()
    assert one.take(LOBBY, epoch, offset, 0.0) == (verdict, 5)
    assert one.cursors[LOBBY] == cursor


def test_a_hole_that_stays_is_skipped_the_second_time() -> None:
    one = inbound()
    assert one.take(LOBBY, "e1", 8, 0.0)[0] is Verdict.HOLE
    assert one.take(LOBBY, "e1", 8, 0.0) == (Verdict.SKIP, 5)
    assert one.take(LOBBY, "e1", 9, 0.0)[0] is Verdict.NEW
    assert one.take(LOBBY, "e1", 11, 0.0)[0] is Verdict.HOLE


def test_an_earlier_epoch_does_not_repeat_what_was_seen_in_it() -> None:
    one = inbound()
    one.take(LOBBY, "e2", 6, 0.0)
    assert one.take(LOBBY, "e1", 5, 0.0)[0] is Verdict.REPEAT
    assert one.take(LOBBY, "e1", 6, 0.0)[0] is Verdict.NEW
    assert one.take(LOBBY, "e2", 6, 0.0)[0] is Verdict.REPEAT


def test_a_told_gap_moves_on() -> None:
    one = inbound()
    one.skip(LOBBY, "e1", 9)
    assert one.take(LOBBY, "e1", 10, 0.0)[0] is Verdict.NEW
    one.skip(LOBBY, "e1", 0)
    assert one.take(LOBBY, "e1", 99, 0.0)[0] is Verdict.NEW
    assert one.take(LOBBY, "e1", 101, 0.0)[0] is Verdict.HOLE
    one.skip(LOBBY, "e0", 500)
    one.skip("#none", "e1", 500)
    assert one.cursors == {LOBBY: ("e1", 99)}


def test_a_resume_keeps_our_cursors_and_learns_other_logs() -> None:
    one = inbound()
    one.enter("#left", "e1", 3)
    assert one.resume({LOBBY: ("e1", 50), "#ops": ("e1", 7)}) == ["#left"]
    assert one.cursors == {LOBBY: ("e1", 5), "#ops": ("e1", 7)}


def test_entries_that_come_before_the_joining_count() -> None:
    one = inbound()
    assert one.take("#ops", "e1", 8, 0.0)[0] is Verdict.NEW
    one.enter("#ops", "e1", 7)
    assert one.take("#ops", "e1", 9, 0.0)[0] is Verdict.NEW
    one.leave("#ops")
    one.take("#ops", "e1", 10, 0.0)
    one.enter("#ops", "e1", 20)
    assert one.cursors["#ops"] == ("e1", 20)


def test_acknowledgements_are_batched_by_number_and_time() -> None:
    one = inbound()
    assert one.deadline() is None
    one.take(LOBBY, "e1", 6, 10.0)
    assert one.deadline() == 10.25
    assert one.ack(10.2) is None
    ack = one.ack(10.25)
    assert ack is not None
    assert ack.cursors == {LOBBY: ("e1", 6)}
    assert one.ack(99.0) is None
    for offset in range(7, 11):
        one.take(LOBBY, "e1", offset, 20.0)
    assert one.ack(20.0) is not None
    one.take(LOBBY, "e1", 11, 30.0)
    assert one.ack(30.0) is None
    assert one.ack(30.0, force=True) is not None


def test_repeats_are_not_acknowledged_again() -> None:
    one = inbound()
    one.take(LOBBY, "e1", 4, 0.0)
    assert one.ack(99.0, force=True) is None


def test_identities_are_remembered_up_to_a_limit() -> None:
    seen = Seen(2)
    assert [seen.first_time("s", n) for n in (1, 2, 1, 2)] == [True, True, False, False]
    assert seen.first_time("t", 1)
    assert seen.first_time("s", 1), "forgotten by now"
