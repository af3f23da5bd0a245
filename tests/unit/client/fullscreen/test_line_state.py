"""The state of the line, in words."""

from __future__ import annotations

from client import events as ev
from client.fullscreen.line_state import NEWS_FOR, LineState


def connected() -> LineState:
    line = LineState()
    line.hear(ev.Connected("n1", "alice", "s", "127.0.0.1:1"), 0.0)
    return line


def test_quiet_while_all_is_well() -> None:
    assert connected().text(5.0, 0) == "n1"
    assert connected().text(5.0, 2) == "n1 · 2 unsent"


def test_a_break_says_what_waits_and_how_long() -> None:
    line = connected()
    line.hear(ev.Disconnected("n1", "reset"), 10.0)
    assert line.text(10.1, 3) == "reconnecting… (3 unsent)"
    assert line.text(14.0, 0) == "reconnecting… 4 s"
    line.hear(ev.Searching(4.0, "refused"), 14.0)
    assert line.text(15.0, 1) == "no node reachable, still trying… 5 s (1 unsent)"
    assert not line.well


def test_a_move_says_how_long_it_took_and_is_forgotten() -> None:
    line = connected()
    line.hear(ev.Disconnected("n1", "reset"), 10.0)
    line.hear(ev.Moved("n3", "n1", True), 10.21)
    assert line.text(11.0, 0) == "n3 · moved to n3 in 0.2 s, nothing missed"
    assert line.text(11.0 + NEWS_FOR, 0) == "n3"


def test_an_orderly_move_has_no_break() -> None:
    line = connected()
    line.hear(ev.Moved("n2", "n1", False), 10.0)
    assert line.text(10.0, 0) == "n2 · moved to n2"


def test_both_in_one_batch() -> None:
    line = connected()
    line.hear(ev.Disconnected("n1", "reset"), 10.0)
    line.hear(ev.Moved("n1", "n1", True), 10.0)
    assert line.text(10.0, 0) == "n1 · connected to n1 again in under 0.1 s, nothing missed"


def test_what_nobody_accepts_is_told_also_on_a_good_line() -> None:
    line = LineState()
    line.hear(ev.Connected("n1", "alice", "s", "a"), 0.0)
    assert line.text(10.0, 1) == "n1 · 1 unsent"
    assert line.text(15.0, 4) == "n1 · 4 unsent for 5 s, still trying"
    assert not line.well
    assert line.text(16.0, 3) == "n1 · 3 unsent", "it goes on"
    assert line.well
    assert line.text(17.0, 0) == "n1"
