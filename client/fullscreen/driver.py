"""Where the screen is written to."""

from __future__ import annotations

import sys
from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class StdoutDriver(LinuxDriver):
    """Textual writes to stderr, where `2> file` would swallow the screen. What is asked before is whether stdin and
    stdout are a terminal."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # In UTF-8 whatever the locale says: half of what is shown could not be written otherwise.
        self._file = open(sys.stdout.fileno(), "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
