"""The screen: paints the frame, passes keys on to the desk, and does what that asks for. Textual's thread runs all of
it; the reader's and the jobs' only post messages."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from cluster.operator.text import harmless
from cluster.top.desk import Desk
from cluster.top.facts import NODES, Source, Want
from cluster.top.frame import rows
from cluster.top.jobs import Jobs, Say, Work
from cluster.top.line import Line
from cluster.top.messages import Failed, Heard, Step
from cluster.top.paint import Row
from cluster.top.picture import Picture
from cluster.top.reader import Reader


class Acting(Protocol):
    """What can be done; each blocks, on a thread of its own."""

    def drain(self, node: str, force: bool, say: Say) -> None: ...
    def kick(self, nick: str, reason: str, say: Say) -> None: ...


class TopApp(App[None], inherit_bindings=False):
    """`where`: the Redis, as it may be shown. `signals`: whether SIGTERM and SIGHUP end it in order (only where it owns
    the process). After `run`, `error` is what ended it, and `unfinished` names what was begun and goes on."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layers: base; overflow: hidden; background: ansi_default; color: ansi_default; }
    #picture { width: 100%; height: 1fr; }
    #ask { display: none; height: 1; border: none; padding: 0; background: ansi_default; color: ansi_default; }
    #ask:focus { background: ansi_default; background-tint: ansi_default 0%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
        Binding("ctrl+l", "redraw", show=False, priority=True),
    ]

    def __init__(
        self,
        source: Source,
        acts: Acting,
        where: str,
        interval: float,
        view: str = NODES,
        *,
        signals: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(ansi_color=True)  # the terminal's own colours
        self.desk = Desk(self, interval, view)
        self.error: Exception | None = None
        self._acts, self._where, self._now, self._signals = acts, where, now, signals
        self._reader = Reader(
            source,
            interval,
            heard=lambda reading: self.post_message(Heard(reading)),
            failed=lambda error: self.post_message(Failed(error)),
        )
        self._jobs = Jobs(
            said=self._said,
            ended=lambda job, error: self.post_message(Step(job, "", error)),
        )
        self._picture = Picture(self._draw, self._pressed)
        self._ask = Line(self._changed, self._given, self._dropped, self.desk.press)
        self._asked: str | None = None
        """Whose reason is being asked for."""

    def _said(self, job: str, text: str) -> None:
        self.post_message(Step(job, text))

    # -- painting -------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield self._picture
        yield self._ask

    def on_mount(self) -> None:
        if self._signals:
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.leave)
        self._picture.focus()
        self.set_interval(1.0, self._picture.repaint)
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self.want(Want(self.desk.view))
        self._reader.start()

    def on_unmount(self) -> None:
        self._reader.stop()

    def _draw(self, width: int, height: int) -> Sequence[Row]:
        return rows(self.desk, self._where, self._now(), time.time(), width, height)

    def action_redraw(self) -> None:
        """All of it, whatever was there before."""
        self._picture.refresh(layout=True)

    def action_leave(self) -> None:
        self.leave()

    # -- what comes in --------------------------------------------------------------------

    def on_heard(self, message: Heard) -> None:
        self.desk.take(message.reading)
        self._picture.repaint()
        self._reader.taken()

    def on_failed(self, message: Failed) -> None:
        self.error = message.error
        self.leave()

    def on_step(self, message: Step) -> None:
        if message.error is None:
            self.desk.notes.step(message.job, message.text, self._now())
        else:
            self.desk.notes.end(message.job, message.error, self._now())
            self.hurry()
        self._picture.repaint()

    def _pressed(self, event: events.Key) -> bool:
        if self._ask.display:
            return self._ask.typed(event)
        return self.desk.press(event.key)

    def _changed(self, text: str) -> None:
        if self._asked is None:
            self.desk.table.set_filter(text)
        self._picture.repaint()

    def _given(self, text: str) -> None:
        nick = self._close_ask()
        if nick is not None:
            self.desk.reason_given(nick, text)
        else:  # what came in one piece with Enter was not told by `_changed` before the line closed
            self.desk.table.set_filter(text)
        self._picture.repaint()

    def _dropped(self) -> None:
        if self._close_ask() is None:
            self.desk.table.set_filter("")
        self._picture.repaint()

    def _open_ask(self, purpose: str, text: str) -> None:
        self.desk.asking, self._asked = purpose, None
        self._ask.open(text)
        self.screen.set_focus(self._ask)

    def _close_ask(self) -> str | None:
        """Whose reason was asked for; None: nobody's, but a filter."""
        asked, self._asked, self.desk.asking = self._asked, None, ""
        self._ask.display = False
        self.screen.set_focus(self._picture)
        return asked

    # -- what the desk asks for -----------------------------------------------------------

    @property
    def unfinished(self) -> Sequence[str]:
        return self.desk.notes.running()

    def want(self, want: Want) -> None:
        self._reader.want(want)

    def pace(self, interval: float) -> None:
        self._reader.interval = interval
        self._reader.hurry()

    def hurry(self) -> None:
        self._reader.hurry()

    def ask_filter(self, text: str) -> None:
        self._open_ask("words that a line has, or column=word; Enter keeps the filter, Esc drops it", text)

    def ask_reason(self, nick: str) -> None:
        self._open_ask(f"why {harmless(nick)} is kicked; Enter goes on, Esc doesn't", "")
        self._asked = nick

    def drain(self, node: str, force: bool) -> None:
        self._start(f"drain {node}", lambda say: self._acts.drain(node, force, say))

    def kick(self, nick: str, reason: str) -> None:
        self._start(f"kick {nick}", lambda say: self._acts.kick(nick, reason, say))

    def _start(self, job: str, work: Work) -> None:
        """The same thing is not done twice at a time."""
        if job not in self.desk.notes.running():
            self.desk.notes.step(job, "asking", self._now())
            self._jobs.start(job, work)

    def leave(self) -> None:
        self.exit()

    def _fatal_error(self) -> None:
        """A fault of ours. Textual would show the variables on the way, among them Redis's password."""
        self.error = self._exception
        self._close_messages_no_wait()
