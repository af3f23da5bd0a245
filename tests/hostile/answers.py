"""Which frame a test waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def of(**fields: Any) -> Callable[[Any], bool]:
    """Whether a frame has these fields."""
    return lambda frame: all(getattr(frame, name) == value for name, value in fields.items())
