"""The one thread that forks: the kernel's leash on a child is tied to the thread that made it, not to our process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

START_WITHIN = 30.0


class Started(Protocol):
    """What is asked of a subprocess.Popen."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...


Start = Callable[[], Started]


class Launcher:
    """Starts processes on a thread that lives until `stop`. Who ends it earlier than the processes kills them.

    Its thread waits for orders alone, whose waker is an order or `stop`; what an order raises goes to who gave it."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[tuple[Start, Future[Started]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="launcher", daemon=True)

    def begin(self) -> None:
        """Once, before the first `launch`."""
        self._thread.start()

    def launch(self, start: Start) -> Started:
        """What `start` makes. Any thread; raises what `start` raises, TimeoutError."""
        made: Future[Started] = Future()
        self._orders.put((start, made))
        return made.result(START_WITHIN)

    def stop(self) -> None:
        """Idempotent."""
        self._orders.put(None)
        if self._thread.ident is not None:
            self._thread.join(START_WITHIN)

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            start, made = order
            try:
                made.set_result(start())
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who gave the order
                made.set_exception(error)
