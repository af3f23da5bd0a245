"""`--watch` on a terminal that is ended at a moment of ours."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import click
import pytest
from rich.live import Live

from cluster.operator import present
from cluster.operator.ending import Ending
from cluster.operator.view import View


@dataclass
class Row:
    nick: str


VIEW = View(Row, [Row("ana")], ["nick"], [["ana"]])


def endless() -> Iterator[View]:
    """Shown twice more, and that must be enough to see a signal."""
    yield VIEW
    yield VIEW
    raise AssertionError("it has not ended")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `_redraw` finds around it: a terminal, and a command."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    with click.Context(click.Command("who")):
        yield


def test_a_kill_in_the_first_drawing_gives_the_terminal_back(
    terminal: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = Live.refresh

    def drawn_and_killed(live: Live) -> None:
        draw(live)
        monkeypatch.setattr(Live, "refresh", draw)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Live, "refresh", drawn_and_killed)
    with pytest.raises(SystemExit) as ended:
        present._redraw(VIEW, endless(), 1.0)
    shown = capsys.readouterr().out
    assert ended.value.code == 143
    assert shown.count("\x1b[?1049h") == shown.count("\x1b[?1049l") == 1


@pytest.mark.parametrize(("number", "end"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)])
def test_wherever_in_a_drawing_a_signal_comes_the_terminal_is_given_back(
    terminal: None, capsys: pytest.CaptureFixture[str], number: signal.Signals, end: type[BaseException]
) -> None:
    """Every so many lines of what draws: rich is not made to be left at any of them."""
    places = drawn_until(number, end, 0)
    capsys.readouterr()
    assert places > 5000
    for place in range(1, places * 2 // 3, places // 20):  # not where it has ended anyhow
        drawn_until(number, end, place)
        shown = capsys.readouterr().out
        assert shown.count("\x1b[?1049h") == shown.count("\x1b[?1049l"), f"at line {place}"


def drawn_until(number: signal.Signals, end: type[BaseException], place: int) -> int:
    """Sends the signal at the `place`th line of rich that runs, 0: at none. How many there were."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if "/rich/" not in frame.f_code.co_filename or signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            return None  # nothing was drawn yet: it may die of it
        count += event == "line"
        if event == "line" and count == place:
            signal.raise_signal(number)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(end if place else AssertionError):
            present._redraw(VIEW, endless(), 1.0)
    finally:
        sys.settrace(before)
    return count


def test_a_second_signal_is_not_kept() -> None:
    """Who stopped the output with Ctrl-S waits in the middle of a drawing."""
    with Ending():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
