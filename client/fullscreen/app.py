"""The full-screen room: puts the parts together, and does what keys ask for."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.driver import Driver
from textual.message import Message

from client import events as ev
from client.chat import ChatClient
from client.config_keys import near
from client.fullscreen.bars import Head, Prompt, State
from client.fullscreen.composer import Composer
from client.fullscreen.conversation import Conversation
from client.fullscreen.doing import Doing
from client.fullscreen.driver import StdoutDriver
from client.fullscreen.going import Going
from client.fullscreen.keys import mend_alt_keys
from client.fullscreen.layout import CSS, Columns
from client.fullscreen.lines_widget import Lines
from client.fullscreen.message_list import MessageList
from client.fullscreen.model import Model, Ring
from client.fullscreen.notify import Notifier
from client.fullscreen.pump import Pump
from client.fullscreen.side import Members, Side
from client.fullscreen.theme import THEMES, names


class Heard(Message):
    """A batch of events."""

    def __init__(self, batch: Sequence[ev.Event]) -> None:
        super().__init__()
        self.batch = batch


class PumpFailed(Message):
    """Nothing will come any more."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class RoomApp(App[None], inherit_bindings=False):
    """`signals`: whether SIGTERM and SIGHUP end it in order (only where it owns the process).

    Textual's thread runs all of it; the pump's only posts `Heard` and `PumpFailed`."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c,ctrl+q", "interrupt", "leave", show=False)]

    def __init__(
        self,
        chat: ChatClient,
        model: Model,
        *,
        look: str = "dark",
        notifier: Notifier | None = None,
        driver: type[Driver] | None = None,
        signals: bool = False,
        ready: Callable[[], object] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        mend_alt_keys()
        plain = bool(os.environ.get("NO_COLOR"))
        # Without this Textual would paint in greys, also the background.
        super().__init__(ansi_color=True if plain else None, driver_class=driver)
        self.interrupted = False
        self.model = model
        self._chat, self._now, self._signals, self._tell_ready = chat, now, signals, ready
        self.doing = Doing(chat, model, show_help=self.action_help, set_theme=self.set_look, leave=self.leave)
        self._notifier = notifier or Notifier()
        self._pump = Pump(
            chat, lambda batch: self.post_message(Heard(batch)), lambda error: self.post_message(PumpFailed(error))
        )
        self._shown = model.current
        self._width = 80
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = "terminal" if plain else look if look in self.available_themes else "dark"

    # -- parts ---------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        model = self.model
        self._side, self._members = Side(model, id="side"), Members(model, id="members")
        self._columns = Columns(self._side, self._members)
        self._list, self._prompt = MessageList(model, id="list"), Prompt(model, id="prompt")
        state = State(model, lambda: self.doing.search.state, self._now, lambda: not self._side.display, id="state")
        self._bars = [Head(model, id="head"), state]
        keys = self._keys()
        self.composer = Composer(
            model, send=self._typed, ask_paste=self._ask_paste, leave=self.leave, keys=keys, id="composer"
        )
        self._going = Going(model, self.doing, self._list, self.composer, self._paint)
        keys |= self._going.keys()
        yield self._bars[0]
        yield Horizontal(self._side, self._list, self._members, id="middle")
        yield self._bars[1]
        yield Horizontal(self._prompt, self.composer, id="typing")

    def _keys(self) -> dict[str, Callable[[], object]]:
        """Beside those of the composer itself, which always has the focus."""
        return {
            "f1": self.action_help,
            "f2": self.action_side,
            "f3": self.action_members,
            "ctrl+l": lambda: self.refresh(layout=True),
            "ctrl+c": self.action_interrupt,
        }

    def on_mount(self) -> None:
        self._width = self.size.width
        self.composer.focus()
        self._arrange()
        self.set_interval(1.0, self._paint)
        if self._signals:
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.leave)
            self.set_interval(1.0, self._leave_if_unseen)
        self._pump.start()
        self.doing.ask_rooms()

    def on_ready(self) -> None:
        """Textual has painted for the first time."""
        self._tell_ready()

    @property
    def crash(self) -> Exception | None:
        """What ended it, if that was a fault."""
        return self._exception

    def _fatal_error(self) -> None:
        """Textual would show the variables of all functions on the way, also a password that is just being typed."""
        self._close_messages_no_wait()

    def on_key(self, event: events.Key) -> None:
        """What is typed before the composer has the focus isn't lost."""
        if self.focused is not self.composer and len(self.screen_stack) == 1:
            self.composer.focus()
            self.composer.post_message(events.Key(event.key, event.character))

    def watch_app_focus(self, focus: bool) -> None:
        self.model.watch(focus)
        self.call_after_refresh(self._paint)

    def on_unmount(self) -> None:
        self._pump.stop()

    def on_resize(self, event: events.Resize) -> None:
        self._width = event.size.width
        self._arrange()

    def _arrange(self) -> None:
        self._columns.arrange(self._width)
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        """What differs; cheap where nothing does."""
        self.model.unsent = self._chat.pending
        if self._shown is not self.model.current:
            self._change_drafts()
        self._prompt.styles.width = len(self._prompt.text)
        parts: list[Lines] = [self._list, self._side, self._members, *self._bars, self._prompt]
        for part in parts:
            if part.display:
                part.repaint()

    def _change_drafts(self) -> None:
        self.composer.typing.leave_off()
        self._shown.draft, self._shown = self.composer.text, self.model.current
        self.composer.write(self._shown.draft)

    def drafts(self) -> list[tuple[Conversation, str]]:
        """What is half written, by conversation."""
        return [(one, self.composer.text if one is self._shown else one.draft) for one in self.model.listed()]

    # -- what comes ----------------------------------------------------------------------

    def on_heard(self, message: Heard) -> None:
        try:
            for ring in self.doing.hearing.hear(message.batch, self._now()):
                self._call(ring)
            self._paint()
        finally:
            self._pump.done()
        if isinstance(message.batch[-1], ev.Stopped):
            self.exit()

    def on_pump_failed(self, message: PumpFailed) -> None:
        raise message.error

    def _call(self, ring: Ring) -> None:
        sequence = self._notifier.sequence(ring, self._now())
        if sequence and self._driver is not None:
            self._driver.write(sequence)

    # -- what is typed -------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        self.doing.typed(text)
        self._paint()

    def _ask_paste(self, text: str) -> None:
        from client.fullscreen.dialogs import PasteQuestion  # what few need costs no start time

        where = self.model.current

        def answered(answer: str | None) -> None:
            parts = {"send": [text], "lines": text.split("\n")}.get(answer or "", [])
            left = text if answer == "edit" else self.doing.pasted(parts, where)
            self._paint()
            self.composer.insert(left)

        self.push_screen(PasteQuestion(text, where.title, self.composer.post_message), answered)

    # -- actions -------------------------------------------------------------------------

    def action_scroll(self, rows: int) -> None:
        """The wheel of the mouse."""
        self._going.scroll(rows)

    def action_go(self, number: int) -> None:
        """A click on the list of conversations."""
        self._going.to_number(number)

    def action_side(self) -> None:
        self._columns.toggle_side()
        self._arrange()

    def action_members(self) -> None:
        self._columns.toggle_members()
        self._arrange()

    def action_help(self) -> None:
        from client.fullscreen.dialogs import Help

        if len(self.screen_stack) == 1:  # not twice for a key that is pressed twice
            self.push_screen(Help(self.composer.post_message))

    def action_interrupt(self) -> None:
        """First away with what is typed (Up brings it back), then with us."""
        text = self.composer.text
        if text.strip() and len(self.screen_stack) == 1:
            self.composer.typing.keep(text)
            self.composer.write("")
            return
        self.interrupted = True
        self.exit()

    def leave(self) -> None:
        self.exit()

    def _leave_if_unseen(self) -> None:
        """The terminal may be gone without a signal to us."""
        if isinstance(self._driver, StdoutDriver) and self._driver.output.is_gone:
            self.leave()

    def set_look(self, name: str) -> str:
        """What to say about it; "" if it is done."""
        if not name:
            return f"themes: {', '.join(names())}; this one is {self.theme}"
        if name not in self.available_themes:
            return f"there is no theme {name}; {near(name, names())}"
        self.theme = name
        return ""
