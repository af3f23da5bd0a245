"""A command that goes on until Ctrl-C, on a terminal or a pipe of a test's own."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.waiting import wait_until


class Shown:
    """A command that goes on, and what it printed so far."""

    def __init__(self, words: list[str], terminal: bool) -> None:
        self.text = ""
        ours, theirs = pty.openpty() if terminal else os.pipe()
        self._ours = ours
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hydrachat", *words],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"},
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, name="read-shown")
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # how a terminal says that the other side is gone
            while piece := os.read(self._ours, 65536):
                self.text += piece.decode(errors="replace")

    def wait(self, text: str, times: int = 1) -> None:
        wait_until(lambda: self.text.count(text) >= times, 20, f"{text!r} in {self.text!r}")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(10)
        os.close(self._ours)


@contextmanager
def shown(*words: str, terminal: bool = False) -> Iterator[Shown]:
    command = Shown([*words], terminal)
    try:
        yield command
    finally:
        command.close()
