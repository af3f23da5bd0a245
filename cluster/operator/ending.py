"""Ctrl-C and SIGTERM for a command that draws on the terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

_ENDS = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """While this is entered the two end the command only where `free` allows it, which is where it waits; one that
    comes in the middle of a drawing, which would leave the terminal in disorder, is kept until then, or until this is
    left. Who sends a second one does not want to wait. Raise KeyboardInterrupt and SystemExit(143). Main thread."""

    def __init__(self) -> None:
        self._free = False
        self._came: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in _ENDS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if kind is None:
            self._end_if_asked()

    @contextmanager
    def free(self) -> Iterator[None]:
        """The two end it here at once."""
        self._free = True
        try:
            self._end_if_asked()
            yield
        finally:
            self._free = False

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        insists, self._came = self._came is not None, number
        if self._free or insists:
            self._free = False  # what follows puts the terminal in order
            self._end_if_asked()

    def _end_if_asked(self) -> None:
        came, self._came = self._came, None
        if came == signal.SIGINT:
            raise KeyboardInterrupt
        if came is not None:
            raise SystemExit(128 + came)
