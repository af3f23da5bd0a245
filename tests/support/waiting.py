"""Waiting for something to become true, with a deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from drill.processes import waiting

T = TypeVar("T")


def wait_until(probe: Callable[[], T], timeout: float = 10.0, what: str = "") -> T:
    """Asks `probe` until it answers something true, and returns that. Fails after `timeout` seconds."""
    try:
        return waiting.wait_until(probe, timeout, what)
    except TimeoutError as error:
        raise AssertionError(str(error)) from error
