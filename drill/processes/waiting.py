"""Waiting for something to become true, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

STEP, LONGEST, GROWTH = 0.01, 0.05, 1.2
"""Seconds between two questions: at first, at most, and by how much more each time. Where many wait at once, those who
ask take the time of those who are waited for."""


def wait_until(probe: Callable[[], T], within: float = 10.0, what: str = "") -> T:
    """Asks `probe` until it answers something true, and returns that. Raises TimeoutError after `within` seconds."""
    deadline, step = time.monotonic() + within, STEP
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within:g} s: {what or getattr(probe, '__name__', probe)}")
        time.sleep(step)
        step = min(LONGEST, step * GROWTH)
