"""What was done from the view, in a line each."""

from __future__ import annotations

from cluster.top.notes import SHOWN, STAYS, Notes
from cluster.top.paint import plain


def texts(notes: Notes, now: float) -> list[str]:
    return [plain(row) for row in notes.rows(now)]


def test_a_job_has_one_line_that_tells_how_far_it_is() -> None:
    notes = Notes()
    notes.step("drain n1", "n1 is draining, 40 clients to move", 10)
    notes.step("drain n1", "n1: 12 clients left", 14)
    assert texts(notes, 16) == ["drain n1: n1: 12 clients left  6 s"]
    assert list(notes.running()) == ["drain n1"]
    notes.step("drain n1", "n1 has stopped", 20)
    notes.end("drain n1", "", 20)
    assert texts(notes, 25) == ["drain n1: n1 has stopped  10 s"]
    assert list(notes.running()) == []


def test_what_went_well_is_forgotten_and_a_failure_stays_until_it_was_read() -> None:
    notes = Notes()
    notes.step("drain n1", "asking", 0)
    notes.end("drain n1", "", 1)
    notes.end("drain n2", "n2 refused\x1b[2J", 1)
    notes.step("drain n3", "asking", 1)
    assert texts(notes, 2 + STAYS) == ["drain n2: n2 refused[2J  0 s", f"drain n3: asking  {1 + STAYS:.0f} s"]
    notes.forget()
    assert len(texts(notes, 3 + STAYS)) == 1


def test_no_more_lines_than_there_is_room_for() -> None:
    notes = Notes()
    for number in range(9):
        notes.step(f"drain n{number}", "asking", 0)
    assert [text[:8] for text in texts(notes, 1)] == ["drain n6", "drain n7", "drain n8"][-SHOWN:]
