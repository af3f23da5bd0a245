"""The condition on which the user's threads wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changed(threading.Condition):
    """As a Condition, but the network thread can't wait for what only it could bring: it would stand still for ever,
    and say nothing. `ours`: whether the caller is the network thread."""

    def __init__(self, ours: Callable[[], bool]) -> None:
        super().__init__()
        self._ours = ours

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        """Raises RuntimeError where it would wait for itself."""
        if timeout != 0.0 and self._ours():
            there = predicate()
            if not there:
                raise RuntimeError("on_event may not wait for anything: it runs on the thread that would bring it")
            return there
        return super().wait_for(predicate, timeout)
