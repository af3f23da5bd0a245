"""What the main thread sleeps on."""

from __future__ import annotations

import os
import signal


class Bell:
    """A pipe, since a signal handler may not touch a lock. What goes through it are words of a byte: numbers of
    signals, and those that `ring` is given."""

    def __init__(self) -> None:
        self._waiting, self._ringing = os.pipe()
        os.set_blocking(self._ringing, False)

    def heed_signals(self) -> None:
        """From now on a signal that has a handler rings with its number. Idempotent. Main thread."""
        # The kernel gives a signal to any thread, and Python's handler runs in the main one, which sleeps in `wait`:
        # only the number that C writes into the pipe is sure to wake it.
        signal.set_wakeup_fd(self._ringing, warn_on_full_buffer=False)

    def ring(self, word: int) -> None:
        """Never blocks; any thread."""
        try:
            os.write(self._ringing, bytes([word]))
        except OSError:
            pass  # told often enough, or closed

    def wait(self) -> int:
        """Blocks until it rings; the word."""
        (word,) = os.read(self._waiting, 1)
        return int(word)

    def close(self) -> None:
        """Nobody waits any more."""
        os.close(self._waiting)
        os.close(self._ringing)
        self._ringing = -1  # a late signal must not write into somebody else's descriptor
