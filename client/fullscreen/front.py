"""The front end as `hydrachat join` starts it: runs the screen, and tells what is left to tell when it is gone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping

import click

from client.chat import ChatClient
from client.config import Config
from client.fullscreen.app import RoomApp
from client.fullscreen.crash import line
from client.fullscreen.driver import StdoutDriver
from client.fullscreen.model import Model
from client.fullscreen.notify import Notifier
from client.terminal import ending
from client.terminal.secrets import secret, without_key
from client.terminal.wording import explain
from wire.text import harmless

WAIT_FOR_OUTCOMES = 5.0
MARGIN = "\n  | "


def _tell(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone
        click.echo(f"hydrachat: {text}", err=True)


class FullScreen:
    """`chat` has been started. `run` on the main thread."""

    def __init__(
        self,
        chat: ChatClient,
        config: Config,
        environment: Mapping[str, str] = os.environ,
        *,
        ready: Callable[[], object] = lambda: None,
    ) -> None:
        """`ready`: called when the first screen is there."""
        self._chat, self._mouse = chat, config.mouse
        notifier = Notifier(config.notify, tmux="TMUX" in environment)
        model = Model(chat.nick, config.rooms[0])
        model.mute(config.muted)
        self._app = RoomApp(
            chat, model, look=config.theme, notifier=notifier, driver=StdoutDriver, signals=True, ready=ready
        )

    def _unfinished(self) -> list[str]:
        """What was being typed when the chat ended under one's hands."""
        found = [(one.title, without_key(text)) for one, text in self._app.drafts() if not secret(text)]
        drafts = [(title, text.strip().split("\n")) for title, text in found]
        return [f"not sent to {harmless(to)}: " + MARGIN.join(map(harmless, text)) for to, text in drafts if any(text)]

    def run(self) -> int:
        """The exit code. The terminal is as it was before, whatever happens."""
        # Where a shell exports them they are those of its start, and the screen would never change its size.
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)
        self._app.run(mouse=self._mouse)
        if self._app.interrupted:
            return ending.INTERRUPTED
        crash = self._app.crash
        if crash is not None:
            _tell(line(crash))
        if self._chat.error is None and self._chat.pending:
            _tell("waiting until all that you said is accepted; Ctrl-C: don't")
            self._chat.flush(WAIT_FOR_OUTCOMES)
        tally = self._app.doing.tally
        missing = ending.unaccepted(tally)
        self._chat.quit()
        told = [explain(self._chat.error)] if self._chat.error else []
        if told or crash:
            told += self._unfinished()
        for text in (*told, missing):
            if text:
                _tell(text)
        return self._app.return_code or ending.verdict(self._chat, tally)
