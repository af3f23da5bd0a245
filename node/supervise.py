"""Threads whose death must not go unnoticed.

A node with a dead subscriber or deliverer looks healthy and is deaf. So a supervised thread that
raises, or returns before it was told to, is logged with its traceback and stops the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from node.logs import Log


class Supervisor:
    """`on_crash` is called once, on the thread that died. All methods: any thread."""

    def __init__(self, log: Log, on_crash: Callable[[], None]) -> None:
        self._log = log
        self._on_crash = on_crash
        # Guards the two below.
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self.crashed = False

    def spawn(self, name: str, target: Callable[[], None]) -> None:
        """Starts `target`, the loop of a thread that must run as long as the node."""
        thread = threading.Thread(target=self._run, args=(name, target), name=name, daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def stopping(self) -> None:
        """From now on a return is no crash."""
        with self._lock:
            self._stopping = True

    def join(self, deadline: float) -> list[str]:
        """Waits until `deadline` (monotonic seconds); the names of those that still run."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return [thread.name for thread in threads if thread.is_alive()]

    def _run(self, name: str, target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException:  # noqa: BLE001 - the top of a supervised thread: whatever it was, the node stops
            self._log.exception("error", thread=name, reason="a thread of the node died")
        else:
            if self._stopping:
                return
            self._log.error("error", thread=name, reason="a thread of the node returned too early")
        self.crashed = True
        self._on_crash()
