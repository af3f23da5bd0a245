"""Cursors, repeats, holes, epochs, acknowledgements."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from client.inbound import Inbound, Verdict
from client.seen import BLOCK, Seen

LOBBY, INBOX = "#lobby", "@"


def inbound(offset: int = 5) -> Inbound:
    made = Inbound(remembered=3, ack_every=4, ack_after=0.25)
    made.begin({LOBBY: ("e1", offset)})
    return made


def letterbox() -> Inbound:
    made = inbound()
    made.begin({LOBBY: ("e1", 5), INBOX: ("e9", 5)})
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
    one = letterbox()
    assert one.deadline() is None
    one.take(INBOX, "e9", 6, 10.0)
    assert one.deadline() == 10.25
    assert one.ack(10.2) is None
    ack = one.ack(10.25)
    assert ack is not None
    assert ack.cursors == {INBOX: ("e9", 6)}
    assert one.ack(99.0) is None
    for offset in range(7, 11):
        one.take(INBOX, "e9", offset, 20.0)
    assert one.ack(20.0) is not None
    one.take(INBOX, "e9", 11, 30.0)
    assert one.ack(30.0) is None
    assert one.ack(30.0, force=True) is not None


def test_repeats_are_not_acknowledged_again() -> None:
    one = letterbox()
    one.take(INBOX, "e9", 4, 0.0)
    assert one.ack(99.0, force=True) is None


def test_an_inbox_is_acknowledged_again_after_a_resume() -> None:
    """The connection may have broken before the node had heard it, and the sender waits for his receipt."""
    one = letterbox()
    one.take(INBOX, "e9", 6, 10.0)
    assert one.ack(10.0, force=True) is not None
    one.resume({LOBBY: ("e1", 5), INBOX: ("e9", 6)})
    again = one.ack(11.0)
    assert again is not None
    assert again.cursors == {INBOX: ("e9", 6)}
    assert one.ack(99.0) is None


def test_rooms_are_not_acknowledged() -> None:
    one = inbound()
    one.take(LOBBY, "e1", 6, 0.0)
    assert one.deadline() is None
    assert one.ack(99.0, force=True) is None


def test_identities_are_remembered_up_to_a_limit() -> None:
    seen = Seen(2)
    assert [seen.first_time("s", n) for n in (1, 2, 1, 2)] == [True, True, False, False]
    assert seen.first_time("s", BLOCK + 4)
    assert seen.first_time("t", 1)
    assert seen.first_time("s", 1), "forgotten by now"
    assert not seen.first_time("t", 1)


def test_who_said_little_lately_is_remembered_before_what_others_said_long_ago() -> None:
    """A guest's three words, while others talk in several rooms: their n have holes here."""
    seen = Seen(100)
    for n in range(1, 10_000, 3):
        seen.first_time(f"talker {n % 7}", n)
    assert seen.first_time("guest", 3)
    for n in range(10_000, 10_300, 3):
        seen.first_time(f"talker {n % 7}", n)
    assert not seen.first_time("guest", 3)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3 * BLOCK)), max_size=60))
def test_blocks_are_as_good_as_a_set(asked: list[tuple[str, int]]) -> None:
    seen, known = Seen(100), set[tuple[str, int]]()
    for one in asked:
        assert seen.first_time(*one) is (one not in known)
        known.add(one)


def test_what_came_at_an_earlier_place_is_known_but_for_what_a_gap_was_told_of() -> None:
    inbound = Inbound(remembered=10, ack_every=64, ack_after=1.0)
    inbound.begin({"#r": ("e1", 0)})
    for offset in (1, 2, 3):
        inbound.take("#r", "e1", offset, 0.0)
    inbound.missed("#r", "e1", 2, 2)
    inbound.take("#r", "e2", 1, 0.0)
    assert inbound.has_had("#r", [("e1", 1)])
    assert not inbound.has_had("#r", [("e1", 2)]), "a gap was told of it"
    assert inbound.has_had("#r", [("e1", 3)])
    assert not inbound.has_had("#r", [("e1", 4)])
    assert not inbound.has_had("#r", [("e0", 1)]), "an epoch that we were never in"
    assert inbound.has_had("#r", [("e0", 1), ("e1", 1)])
    inbound.missed("#r", "e1", 3, 0)
    assert not inbound.has_had("#r", [("e1", 3)])
    assert not inbound.has_had("#other", [("e1", 1)])


def test_a_new_session_knows_how_far_the_one_before_it_came_in_each_room() -> None:
    inbound = Inbound(remembered=10, ack_every=64, ack_after=1.0)
    inbound.begin({"#r": ("e1", 4), "@": ("e1", 4)})
    inbound.enter("#s", "e1", 4)
    inbound.take("#r", "e1", 5, 0.0)
    inbound.begin({"#r": ("e2", 1), "@": ("e2", 1)})
    inbound.missed("#r", "e1", 6, 0)
    assert inbound.has_had("#r", [("e1", 5)])
    assert not inbound.has_had("#r", [("e1", 6)]), "a gap was told of it"
    assert not inbound.has_had("@", [("e1", 4)]), "the new session has another inbox"
    assert not inbound.has_had("#s", [("e1", 4)])
    inbound.enter("#s", "e2", 3)
    assert inbound.has_had("#s", [("e1", 4)])
