"""The thread that reads, so that the screen never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cluster.top.facts import Reading, Source, Want

ENDS_WITHIN = 0.5


class Reader:
    """Reads from `source` every `interval` seconds, and at once when something else is wanted; `heard` gets each
    reading, on the reader's thread, and the next is read once it was `taken`: a slow screen has one at a time to show.
    What `read` raises ends it and goes to `failed`.

    Who meets here: the screen's thread sets what is wanted and the pause, the reader's looks at them. Both are single
    assignments; the event only wakes. Stopped by `stop`, which the screen calls when it goes."""

    def __init__(
        self,
        source: Source,
        interval: float,
        heard: Callable[[Reading], object],
        failed: Callable[[Exception], object],
    ) -> None:
        self.interval = interval
        self._source, self._heard, self._failed = source, heard, failed
        self._want = Want()
        self._wake = threading.Event()
        self._taken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="top-read", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def want(self, want: Want) -> None:
        """From now on this is read. Any thread."""
        if want != self._want:
            self._want = want
            self._wake.set()

    def hurry(self) -> None:
        """Reads now. Any thread."""
        self._wake.set()

    def taken(self) -> None:
        """The last reading is shown. Any thread."""
        self._taken.set()

    def stop(self) -> None:
        """Idempotent. A reading that hangs is not waited for long: the thread ends with the process."""
        self._stopping = True
        self._wake.set()
        self._taken.set()
        if self._thread.is_alive():
            self._thread.join(ENDS_WITHIN)

    def _run(self) -> None:
        try:
            while self._goes_on():
                self._hand_over(self._source.read(self._want))
                self._wake.wait(self.interval)
        except Exception as error:  # noqa: BLE001 - told on the screen's thread, which ends with it
            if not self._stopping:
                self._failed(error)
        finally:
            self._source.close()

    def _goes_on(self) -> bool:
        """What wakes it from now on is new; a `stop` before that is seen here."""
        self._wake.clear()
        return not self._stopping

    def _hand_over(self, reading: Reading) -> None:
        self._taken.clear()
        if not self._stopping:
            self._heard(reading)
            self._taken.wait()
