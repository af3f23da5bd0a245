"""Brings the events from the client's queue to the screen, in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from client import events as ev
from client.chat import ChatClient

MOST = 1000
APART = 1 / 25
"""Seconds between two batches: so often the screen is painted, however much is said."""
PATIENCE = 0.5


class Pump(threading.Thread):
    """Ends with the last event, which is the client's end, or after `stop`. While a batch isn't dealt with no other
    one is taken, so that the client's own queue fills up, and then the socket is not read."""

    def __init__(
        self,
        chat: ChatClient,
        deliver: Callable[[Sequence[ev.Event]], object],
        failed: Callable[[Exception], object] = lambda _: None,
    ) -> None:
        """`deliver`: hands a batch to the screen's thread, without waiting; `done` says that it was dealt with.
        `failed`: is told why it ended where that is a fault; without it the screen would stand still for ever."""
        super().__init__(name="hydrachat-pump", daemon=True)
        self._chat = chat
        self._deliver, self._failed = deliver, failed
        self._done = threading.Event()
        self._stopping = threading.Event()

    def done(self) -> None:
        self._done.set()

    def stop(self) -> None:
        self._stopping.set()
        self._done.set()

    def run(self) -> None:
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - it is raised where a fault of the screen is
            self._failed(error)

    def _run(self) -> None:
        while not self._stopping.is_set():
            batch = self._batch()
            if not batch:
                continue
            self._done.clear()
            began = time.monotonic()
            self._deliver(batch)
            if isinstance(batch[-1], ev.Stopped):
                return
            if not self._stopping.is_set():
                self._done.wait()
            self._stopping.wait(max(0.0, began + APART - time.monotonic()))

    def _batch(self) -> list[ev.Event]:
        first = self._chat.next_event(PATIENCE)
        batch = [] if first is None else [first]
        while batch and len(batch) < MOST and not isinstance(batch[-1], ev.Stopped):
            event = self._chat.next_event(0)
            if event is None:
                break
            batch.append(event)
        return batch
