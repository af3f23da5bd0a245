"""For states that nothing announces."""

from __future__ import annotations

import threading
import time


def wait_for(condition: object, timeout: float = 5.0) -> None:
    """Blocks until `condition()` is true: for states that nothing announces."""
    assert callable(condition)
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.005)
