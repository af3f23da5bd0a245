"""How many hellos are carried out at once: when a node dies, its thousands come to the others in one moment.

Those who already talk share the interpreter, the publisher and Redis with them. So only a few come in at a time, the
next ones wait in a short line, first come first served; whoever finds it full, or waits too long in it, is told when
to come back, each another time. Waiting is cheap, a client that must dial again is not: the line is the longer part.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from node.metrics import Metrics

PATIENCE = 2.0
"""Seconds in the line; a client gives up a welcome after 5."""
LEAST_BACK, MOST_BACK = 500, 2500
"""ms until who was turned away should come back, spread evenly: in less the line is not through."""


class _Turn:
    __slots__ = ("called", "given")

    def __init__(self) -> None:
        # Held until it is called. An Event would take twice the stack (see `hands`).
        self.called = threading.Lock()
        self.called.acquire()
        self.given = False


class Admission:
    """`at_once` hellos are carried out, `line` more may wait. Any thread."""

    def __init__(self, at_once: int, line: int, metrics: Metrics, patience: float = PATIENCE) -> None:
        self._places = line
        self._metrics = metrics
        self._patience = patience
        # Guards what follows.
        self._lock = threading.Lock()
        self._free = at_once
        self._line: deque[_Turn] = deque()
        self._closed = False

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Waits for a turn, `patience` seconds at most, and holds it. False: there was none; come back later."""
        if not self._enter():
            self._metrics.turned_away.inc()
            yield False
            return
        try:
            yield True
        finally:
            self._leave()

    def close(self) -> None:
        """The node leaves: whoever waits is woken and gets no turn, nor does anybody wait any more. Idempotent."""
        with self._lock:
            first, self._closed = not self._closed, True
            for turn in self._line if first else ():
                turn.called.release()

    def _enter(self) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if self._closed or len(self._line) >= self._places:
                return False
            turn = _Turn()
            self._line.append(turn)
            self._metrics.waiting.set(len(self._line))
        turn.called.acquire(timeout=self._patience)
        with self._lock:
            if not turn.given:
                self._line.remove(turn)
            self._metrics.waiting.set(len(self._line))
            return turn.given

    def _leave(self) -> None:
        with self._lock:
            if not self._line or self._closed:
                self._free += 1
                return
            turn = self._line.popleft()  # the place is handed over: nobody who comes now can snatch it
            turn.given = True
            turn.called.release()


def come_back() -> int:
    """When who was turned away should come back, ms."""
    return random.randint(LEAST_BACK, MOST_BACK)
