"""No thread may outlive its test."""

from __future__ import annotations

import threading
import time

PATIENCE = 3.0
# Threads of the test tools themselves.
ALLOWED = ("pytest", "Hypothesis", "execnet")


def leaked(before: set[threading.Thread]) -> list[str]:
    """Names of the threads that live although they are not in `before`, after `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while True:
        alive = [t for t in threading.enumerate() if t not in before and not t.name.startswith(ALLOWED)]
        if not alive or time.monotonic() > deadline:
            return [t.name for t in alive]
        alive[0].join(0.05)
