"""Signals that wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# What is raised for a fault of our own has to come at once.
_FAULTS = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP"}


@contextmanager
def held_back() -> Iterator[None]:
    """Signals for this thread take effect behind it. For moments of a few milliseconds in which nothing may be raised.
    Any thread; without effect where the system knows no masks."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    waiting = {one for one in signal.valid_signals() if getattr(one, "name", "") not in _FAULTS}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
