"""Text from others, made harmless for a terminal."""

from __future__ import annotations

import unicodedata

# Zero-width joiner and non-joiner are part of emoji and of several scripts; the other format
# characters reorder or hide what stands beside them.
_KEPT = {"\u200c", "\u200d"}
_REMOVED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def harmless(text: str, limit: int = 400) -> str:
    """`text` without control, direction and separator characters, at most `limit` code points."""
    kept = (c for c in text[:limit] if c in _KEPT or unicodedata.category(c) not in _REMOVED)
    return "".join(kept)
