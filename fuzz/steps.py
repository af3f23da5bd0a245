"""Work in steps, not in seconds: how many functions were called, Python's and those in C."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

BASE, PER_BYTE = 10_000, 200
"""An empty line costs about ten calls and is one byte; what the fuzzer puts between the lines of the code is counted
too. Work that grows with the square passes them long before the longest input that is tried."""


def bounded(act: Callable[[], T], size: int, per_byte: int = PER_BYTE) -> T:
    """`act`, which may take so many steps for an input of `size` bytes. Raises AssertionError."""
    count = 0

    def step(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        done = act()
    finally:
        sys.setprofile(before)
    allowed = BASE + per_byte * size
    assert count <= allowed, f"{count} steps for {size} bytes, at most {allowed} are allowed"
    return done
