"""Named threads that never die in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_AGAIN = 0.02


class Crew:
    """Threads of one owner. `on_fatal(error)` is called, on the dying thread, with what killed it."""

    def __init__(self, on_fatal: Callable[[BaseException], None]) -> None:
        self._on_fatal = on_fatal
        self._threads: dict[str, threading.Thread] = {}

    def start(self, name: str, run: Callable[[], None]) -> None:
        # daemon: a thread that does not end by its deadline must not keep the process alive.
        thread = threading.Thread(target=self._run, args=(run,), name=name, daemon=True)
        self._threads[name] = thread
        thread.start()

    def _run(self, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - whatever it is, somebody must be told
            self._on_fatal(error)

    def join(self, name: str, deadline: float) -> None:
        """Waits for one thread until `deadline` (`time.monotonic()` seconds)."""
        thread = self._threads.get(name)
        if thread is not None:
            thread.join(max(0.0, deadline - time.monotonic()))

    def join_giving_up(self, name: str, give_up: Callable[[], None], deadline: float) -> None:
        """Waits for a thread that is to give up what it waits for: told again and again, since it may be about to
        wait for the next thing."""
        while self.is_alive(name) and time.monotonic() < deadline:
            give_up()
            self.join(name, min(deadline, time.monotonic() + _AGAIN))

    def is_alive(self, name: str) -> bool:
        thread = self._threads.get(name)
        return thread is not None and thread.is_alive()

    def join_all(self, deadline: float) -> None:
        for name in self._threads:
            self.join(name, deadline)
