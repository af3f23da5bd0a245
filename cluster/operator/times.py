"""Times and counts in words."""

from __future__ import annotations

import time


def clock(ms: int) -> str:
    """Unix ms as local date and time; a dash when unknown."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000)) if ms > 0 else "-"


def ago(ms: int, now: int) -> str:
    """How long before `now` that was, in one unit: `12 s ago`; a dash when unknown."""
    return f"{span((now - ms) / 1000)} ago" if ms > 0 else "-"


def span(seconds: float) -> str:
    """A length of time in one unit."""
    seconds = max(0.0, seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def counted(number: int, noun: str) -> str:
    """`1 session`, `2 sessions`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
