"""Alt with other keys, as terminals have always sent it."""

from __future__ import annotations

from enum import Enum

from textual import _ansi_sequences


class _Key(Enum):
    ALT_ENTER = "alt+enter"


def mend_alt_keys() -> None:
    """Textual reads Escape and a digit as what macOS prints for Option and that digit ("™"), so Alt+2 would write a
    sign into the line; without those entries of its table it is Alt+2. Alt+Enter it takes for Enter."""
    table = getattr(_ansi_sequences, "ANSI_SEQUENCES_KEYS", {})
    for digit in "0123456789":
        table.pop(f"\x1b{digit}", None)
    table.setdefault("\x1b\r", (_Key.ALT_ENTER,))
