"""The few threads that read logs from Redis on behalf of feeds and deliveries.

A task is in hand of at most one worker, and waits at most once; scheduled while it runs, it runs
again. So "something may be missing" can be said as often as one likes.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from enum import IntEnum
from itertools import count
from typing import Protocol


class Task(Protocol):
    def step(self) -> float | None:
        """A bounded piece of work. Returns after how many seconds the next one is due (0.0: at once,
        behind the other tasks), or None: when it is scheduled again."""


class _Stage(IntEnum):
    WAITING = 0
    RUNNING = 1
    AGAIN = 2
    LATER = 3


class Workers:
    """`run` is each thread's loop; the rest: any thread, never blocking."""

    def __init__(self) -> None:
        # Guards all that follows; notified when there is work, or the end.
        self._turn = threading.Condition()
        self._stages: dict[Task, _Stage] = {}
        self._ready: deque[Task] = deque()
        self._later: list[tuple[float, int, Task]] = []
        self._order = count()
        self._stopping = False

    def schedule(self, task: Task) -> None:
        with self._turn:
            stage = self._stages.get(task)
            if stage is _Stage.RUNNING:
                self._stages[task] = _Stage.AGAIN
            elif stage is None:
                self._make_ready(task)

    def hurry(self) -> None:
        """What was put off is tried now."""
        with self._turn:
            later, self._later = self._later, []
            for _, _, task in sorted(later):
                self._make_ready(task)

    def __len__(self) -> int:
        """Tasks that wait or run."""
        return len(self._stages)

    def stop(self) -> None:
        """Ends the loops after the steps in hand. Idempotent."""
        with self._turn:
            self._stopping = True
            self._turn.notify_all()

    def run(self) -> None:
        while (task := self._take()) is not None:
            self._put_back(task, task.step())

    def _take(self) -> Task | None:
        with self._turn:
            while not self._stopping:
                patience = self._wake_late_ones()
                if self._ready:
                    task = self._ready.popleft()
                    self._stages[task] = _Stage.RUNNING
                    return task
                self._turn.wait(patience)
            return None

    def _put_back(self, task: Task, delay: float | None) -> None:
        with self._turn:
            again = self._stages.pop(task) is _Stage.AGAIN
            if delay:
                self._stages[task] = _Stage.LATER
                heapq.heappush(self._later, (time.monotonic() + delay, next(self._order), task))
                self._turn.notify()
            elif again or delay is not None:
                self._make_ready(task)

    def _wake_late_ones(self) -> float | None:  # the lock is held
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._make_ready(heapq.heappop(self._later)[2])
        return self._later[0][0] - now if self._later else None

    def _make_ready(self, task: Task) -> None:  # the lock is held
        self._stages[task] = _Stage.WAITING
        self._ready.append(task)
        self._turn.notify()
