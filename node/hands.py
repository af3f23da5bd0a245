"""Threads that carry out what needs a deep stack, so that a connection's own thread, which lives as long as its client,
never does.

What a thread has once used stays with it: pages of its stack, and what the allocator keeps for it. A hello uses twice
what all that follows it does; done here, that is kept some thirty times and not once a connection. An executor of the
standard library would do, if waiting for its futures did not take the stack that is to be saved.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable


class _Task:
    __slots__ = ("act", "done", "error")

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.done = threading.Lock()  # held until it is
        self.done.acquire()
        self.error: BaseException | None = None

    def carry_out(self) -> None:
        try:
            self.act()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for it
            self.error = error
        self.done.release()


class Hands:
    """`count` threads, of which each has `run` for its loop; `do` and `stop`: any thread."""

    def __init__(self, count: int) -> None:
        self.count = count
        # Guards that nothing is asked after the end: connections' threads ask, the main thread ends.
        self._lock = threading.Lock()
        self._stopped = False
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()

    def run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task.carry_out()
            del task  # or its connection would live until the next one comes

    def do(self, act: Callable[[], None]) -> None:
        """Blocks until one of the threads has done it; raises what it raises. More than `count` wait for each other.
        After `stop` it is done on the caller's own thread."""
        task = _Task(act)
        with self._lock:
            stopped = self._stopped
            if not stopped:
                self._tasks.put(task)
        if stopped:
            task.carry_out()
        task.done.acquire()
        error, task.error = task.error, None  # its traceback knows the task: a cycle, and the collector comes rarely
        if error is not None:
            try:
                raise error
            finally:
                del error

    def stop(self) -> None:
        """Ends the loops, after what was asked before. Idempotent."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                for _ in range(self.count):
                    self._tasks.put(None)
