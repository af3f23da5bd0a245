"""The front end for a person at a terminal: one's own line stays whole below what comes in."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from client import events as ev
from client.chat import ChatClient
from client.terminal import ending
from client.terminal.echo import silent
from client.terminal.paint import coloured, plain
from client.terminal.secrets import secret
from client.terminal.talk import Talk
from client.terminal.wording import Line, lines

STDIN = 0
WAIT_FOR_OUTCOMES = 5.0


class Kept(InMemoryHistory):
    """What was typed, but for secrets."""

    def append_string(self, string: str) -> None:
        if not secret(string):
            super().append_string(string)


class Screen:
    """Main thread: the prompt. A second thread prints the events; it ends with the last of them, and
    then ends the prompt."""

    def __init__(self, chat: ChatClient, room: str, environment: Mapping[str, str] = os.environ) -> None:
        self._chat = chat
        self._talk = Talk(chat, room, self._show)
        self._paint = plain if environment.get("NO_COLOR") else coloured
        # What was typed goes; it comes back with its place in the log.
        self._prompt: PromptSession[str] = PromptSession(
            erase_when_done=True, history=Kept(), is_password=Condition(self._is_secret)
        )
        self._over = threading.Event()
        self._prompting = False  # the main thread's
        self._printer = threading.Thread(target=self._print_events, name="hydrachat-print", daemon=True)

    def run(self) -> int:
        """The exit code."""
        before = ending.on_signals(self._terminated)
        try:
            with silent(STDIN), patch_stdout(raw=True):
                return self._chatting()
        finally:
            ending.restore(before)

    def _chatting(self) -> int:
        self._printer.start()
        interrupted = False
        try:
            self._read()
        except KeyboardInterrupt:
            interrupted = True
        else:
            self._chat.flush(WAIT_FOR_OUTCOMES)
        missing = ending.unaccepted(self._talk.tally)
        self._chat.quit()
        self._printer.join()
        if missing:
            print(f"! {missing}")  # noqa: T201 - the screen is what this file is for
        return ending.INTERRUPTED if interrupted else ending.verdict(self._chat, self._talk.tally)

    def _read(self) -> None:
        while not (self._talk.quitting or self._over.is_set()):
            try:
                self._prompting = True
                line = self._prompt.prompt(lambda: f"{self._talk.current}> ", pre_run=self._leave_if_over)
            except (EOFError, OSError):  # OSError: the terminal was closed
                return
            finally:
                self._prompting = False
            text = self._talk.typed(line)
            if text:
                print(text)  # noqa: T201

    def _is_secret(self) -> bool:
        return secret(self._prompt.default_buffer.text)

    def _print_events(self) -> None:
        while (event := self._chat.next_event()) is not None:
            self._talk.saw(event)
            for line in lines(event, self._talk.current):
                self._show(line)
            if isinstance(event, ev.JoinedEvent | ev.LeftEvent) and event.own:
                self._prompt.app.invalidate()
        self._end()

    def _show(self, line: Line) -> None:
        print(self._paint(line))  # noqa: T201

    def _terminated(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP and self._prompting:
            # The prompt's loop may not end any more: it reads from what is no terminal now, fails, and tells so on it,
            # again and again. There is nothing to give back to a terminal, either.
            threading.Thread(target=self._leave_at_once, name="hydrachat-hung-up", daemon=True).start()
        self._end()

    def _leave_at_once(self) -> None:
        self._chat.flush(WAIT_FOR_OUTCOMES)
        self._chat.quit()
        os._exit(ending.verdict(self._chat, self._talk.tally))

    def _end(self) -> None:
        # Whether the prompt runs is known to its own loop only; one that starts later sees `_over`.
        self._over.set()
        loop: Any = self._prompt.app.loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._leave_if_over)
            except RuntimeError:
                # The prompt has just ended by itself.
                pass

    def _leave_if_over(self) -> None:
        app = self._prompt.app
        if self._over.is_set() and app.is_running and app.future and not app.future.done():
            app.exit(exception=EOFError())
