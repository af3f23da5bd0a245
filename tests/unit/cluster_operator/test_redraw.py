"""`--watch` on a terminal that is ended at a moment of ours."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import click
import pytest
from rich.live import Live

from cluster.operator import present
from cluster.operator.view import View


@dataclass
class Row:
    nick: str


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `_redraw` finds around it: a terminal, and a command; its signal handler is taken away again."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    before = signal.getsignal(signal.SIGTERM)
    with click.Context(click.Command("who")):
        yield
    signal.signal(signal.SIGTERM, before)


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
        present._redraw(View(Row, [Row("ana")], ["nick"], [["ana"]]), iter(()), 1.0)
    shown = capsys.readouterr().out
    assert ended.value.code == 143
    assert shown.count("\x1b[?1049h") == shown.count("\x1b[?1049l") == 1
