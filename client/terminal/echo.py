"""A terminal that does not repeat what is typed."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager

_FLAGS = 3


@contextmanager
def silent(source: int) -> Iterator[None]:
    """The prompt shows what is typed, and hides what has to be hidden; between two prompts the terminal itself would
    show it, also a password that was pasted behind another line. No effect where `source` is no terminal."""
    try:
        before = termios.tcgetattr(source)
    except termios.error:
        yield
        return
    changed = list(before)
    changed[_FLAGS] &= ~termios.ECHO
    termios.tcsetattr(source, termios.TCSANOW, changed)
    try:
        yield
    finally:
        try:
            termios.tcsetattr(source, termios.TCSANOW, before)
        except termios.error:
            pass  # it was closed
