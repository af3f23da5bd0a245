"""Where the screen is written to, and whether that is still there.

A terminal may go without SIGHUP (its program was killed, and we are in another session). Then reading from it gives
nothing again and again, and of what is written the first piece that fails would end Textual's writer: its queue would
be full soon, and the main thread wait for a place in it, deaf to signals as well.
"""

from __future__ import annotations

import select
import sys
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class Output:
    """A text file whose end is noticed by `is_gone`, not by who writes. Textual's writer, and whoever asks."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._failed = False

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        except OSError:
            self._failed = True
            return len(text)

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError:
            self._failed = True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    @property
    def is_gone(self) -> bool:
        """Nobody will see what is written."""
        looked = select.poll()
        looked.register(self.fileno(), 0)
        return self._failed or any(state & (select.POLLHUP | select.POLLERR) for _, state in looked.poll(0))


class StdoutDriver(LinuxDriver):
    """Textual writes to stderr, where `2> file` would swallow the screen. What is asked before is whether stdin and
    stdout are a terminal."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # In UTF-8 whatever the locale says: half of what is shown could not be written otherwise.
        file = open(sys.stdout.fileno(), "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        self.output = Output(file)
        self._file: Any = self.output
