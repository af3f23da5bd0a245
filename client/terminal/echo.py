"""A terminal that does not repeat what is typed."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_INPUT, _LOCAL = 0, 3


@contextmanager
def silent(source: int) -> Iterator[None]:
    """The prompt shows what is typed, and hides what has to be hidden; between two prompts the terminal itself would
    show it, also a password that was pasted behind another line. No effect where `source` is no terminal."""
    before = _modes(source)
    _set(source, _without(before, _LOCAL, termios.ECHO))
    try:
        yield
    finally:
        _set(source, before)


class Held:
    """What is typed before there is anything to type into waits in the kernel as it was typed, Enter for Enter, and is
    not shown: it may be a password. A context manager; no effect where `source` is no terminal. Main thread."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._before: list[Any] | None = None

    def __enter__(self) -> Held:
        self._before = _modes(self._source)
        self._hold()
        return self

    def __exit__(self, *_: object) -> None:
        _set(self._source, self._before)

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """For a question that is asked meanwhile."""
        _set(self._source, self._before)
        try:
            yield
        finally:
            self._hold()

    def _hold(self) -> None:
        held = _without(self._before, _LOCAL, termios.ECHO | termios.ICANON)
        _set(self._source, _without(held, _INPUT, termios.ICRNL))


def _modes(source: int) -> list[Any] | None:
    """None: it is no terminal, or was closed."""
    try:
        return termios.tcgetattr(source)
    except termios.error:
        return None


def _without(modes: list[Any] | None, which: int, flags: int) -> list[Any] | None:
    if modes is None:
        return None
    changed = list(modes)
    changed[which] &= ~flags
    return changed


def _set(source: int, modes: list[Any] | None) -> None:
    try:
        if modes is not None:
            termios.tcsetattr(source, termios.TCSANOW, modes)
    except termios.error:
        pass  # it was closed
