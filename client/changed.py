"""The condition on which the user's threads wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from client.errors import Backlogged

T = TypeVar("T")


class Changed(threading.Condition):
    """As a Condition, but nobody waits for what can't come.

    The network thread (`ours`: whether the caller is it) can't wait for what only it could bring. And where the user's
    events pile up, so that nothing is read for now, who waits for an outcome has it `read` on: what he waits for comes
    behind them, and perhaps he is the one who would take them."""

    def __init__(self, ours: Callable[[], bool], congested: Callable[[], bool], read: Callable[[], None]) -> None:
        super().__init__()
        self._ours = ours
        self._congested = congested
        self._read = read
        self.flooded = False
        """More has piled up than may be read even so. Changed with the lock held."""
        self.waiting = 0
        """How many wait. May be read without the lock."""
        self._watches: dict[int, tuple[Callable[[], object], Callable[[], None], bool]] = {}
        self._watched = 0

    @property
    def mine(self) -> bool:
        """Whether the caller holds the lock: then he may be a signal handler inside of who does."""
        return self._is_owned()  # type: ignore[attr-defined, no-any-return]  # a Condition itself asks its lock so

    def watch(self, predicate: Callable[[], object], tell: Callable[[], None], *, outcome: bool) -> int:
        """With the lock held, as all that is here. `tell` is called, on any thread and perhaps more than once, when
        `predicate` has become true or nothing more can come; it may neither wait nor raise. `outcome`: as one
        who waits for an outcome. To be undone by `unwatch` with what this gives back."""
        self._watched += 1
        self._watches[self._watched] = predicate, tell, outcome
        self.waiting += outcome
        if outcome and self._congested():
            self._read()
        return self._watched

    def unwatch(self, watch: int) -> None:
        _, _, outcome = self._watches.pop(watch)
        self.waiting -= outcome

    def notify_all(self) -> None:
        super().notify_all()
        for predicate, tell, _ in self._watches.values():
            if predicate() or self.flooded:
                tell()

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        """With the lock held. Raises RuntimeError where it would wait for itself, Backlogged where only taking events
        would help."""
        there = predicate()
        if there or timeout == 0.0:
            return there
        if self._ours():
            raise RuntimeError("on_event may not wait for anything: it runs on the thread that would bring it")
        self.waiting += 1
        try:
            if self._congested():
                self._read()
            super().wait_for(lambda: bool(predicate()) or self.flooded, timeout)
            there = predicate()
        finally:
            self.waiting -= 1
        if not there and self.flooded:
            raise Backlogged("too many events wait to be taken: outcomes can't come before that (or pass `on_event`)")
        return there
