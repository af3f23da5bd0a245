"""Alt and a digit, as terminals have always sent them."""

from __future__ import annotations

from textual import _ansi_sequences


def take_back_alt_digits() -> None:
    """Textual reads Escape and a digit as what macOS prints for Option and that digit ("™"), so Alt+2 would write a
    sign into the line. Without those entries of its table it is Alt+2."""
    table = getattr(_ansi_sequences, "ANSI_SEQUENCES_KEYS", {})
    for digit in "0123456789":
        table.pop(f"\x1b{digit}", None)
