"""No thread may outlive its test."""

from __future__ import annotations

import threading
import time

PATIENCE = 3.0
# Threads of the test tools themselves.
ALLOWED = ("pytest", "Hypothesis", "execnet")
# What `threading` did not start, it knows only by chance: a thread of execnet, over which pytest-xdist talks to its
# workers. All of ours it did start.
FOREIGN = threading._DummyThread


def leaked(before: set[threading.Thread]) -> list[str]:
    """Names of the threads that live although they are not in `before`, after `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while True:
        alive = [t for t in threading.enumerate() if t not in before and not _of_a_tool(t)]
        if not alive or time.monotonic() > deadline:
            return [t.name for t in alive]
        try:
            alive[0].join(0.05)
        except RuntimeError:  # it is listed, and not quite started yet
            time.sleep(0.01)


def _of_a_tool(thread: threading.Thread) -> bool:
    return thread.name.startswith(ALLOWED) or isinstance(thread, FOREIGN)
