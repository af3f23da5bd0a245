"""Alt with other keys, as terminals have always sent it: Escape, and then the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual import _ansi_sequences

_BEGIN_SEQUENCES = "[O"
_WORDS = "bf"  # Textual's own: by words
_PRINTABLE = [chr(code) for code in range(0x20, 0x7F) if chr(code) not in _BEGIN_SEQUENCES + _WORDS]
_BOUND = {*"0123456789", "a", "d"}

ESCAPED: Mapping[str, str] = {f"escaped+{ord(char)}": char for char in _PRINTABLE if char not in _BOUND}
"""Keys that are no key of ours with Alt: what came is Escape, and then this character. Over a slow line one can't be
told from the other, and the first character of what is typed next must not be lost: it may be the @ of a message
for one person."""


@dataclass(frozen=True)
class _Key:
    """As the Keys of Textual's table."""

    value: str


def mend_alt_keys() -> None:
    """Textual reads Escape and a digit as what macOS prints for Option and that digit ("™"), so Alt+2 would write a
    sign into the line; it takes Alt+Enter for Enter. What isn't in its table it knows only by the pause behind it:
    of Alt+1 and Alt+2 in one packet it makes "^1"."""
    table = getattr(_ansi_sequences, "ANSI_SEQUENCES_KEYS", {})
    table["\x1b\r"] = (_Key("alt+enter"),)
    for char in _PRINTABLE:
        table[f"\x1b{char}"] = (_Key(f"alt+{char}" if char in _BOUND else f"escaped+{ord(char)}"),)
