"""Lines from a file descriptor, by a read that somebody else can end."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from wire.lines import LineSplitter, TooLong
from wire.text import MAX_TEXT

CHUNK = 65536


class Lines:
    """One thread iterates, or waits; `stop` may come from any thread or a signal handler."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._wakee, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        self._splitter = LineSplitter(MAX_TEXT)
        self._stopped = False

    def __iter__(self) -> Iterator[str | TooLong]:
        """Until the end of the file or `stop`. Bytes that are no UTF-8 become U+FFFD."""
        with self._heeding_signals():
            while self._source in self._ready(self._source):
                data = os.read(self._source, CHUNK)
                found = self._splitter.feed(data) if data else self._splitter.eof()
                for line in found:
                    yield line if isinstance(line, TooLong) else line.decode(errors="replace")
                if not data:
                    return

    def wait(self) -> None:
        """Until `stop`."""
        with self._heeding_signals():
            self._ready()

    def stop(self) -> None:
        """Ends the iteration and the waiting, also one that begins later. Never blocks."""
        self._stopped = True
        try:
            os.write(self._waker, b"\0")
        except BlockingIOError:
            pass  # it is full of wake-ups

    def _ready(self, *sources: int) -> set[int]:
        """Blocks until one of them can be read, or until `stop`: then none."""
        poll = select.poll()
        for descriptor in (*sources, self._wakee):
            poll.register(descriptor, select.POLLIN)
        while not self._stopped:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._wakee not in ready:
                return ready
            os.read(self._wakee, CHUNK)  # by `stop`, or a signal whose handler has run by now
        return set()

    @contextmanager
    def _heeding_signals(self) -> Iterator[None]:
        """A signal that comes just before we begin to sleep interrupts nothing, and Python would run its handler only
        when we wake: what C writes into the pipe wakes us. Only the main thread runs handlers."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    def close(self) -> None:
        """After the iteration, when nobody calls `stop` any more."""
        os.close(self._wakee)
        os.close(self._waker)
