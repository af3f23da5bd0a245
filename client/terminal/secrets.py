"""What is typed and must not be seen, nor kept. Pure."""

from __future__ import annotations

import difflib
import re

BULLET = "•"
_SECRET = re.compile(r"\s*/(?:un)?register(?:\s|$)", re.IGNORECASE)
_FIRST_WORDS = re.compile(r"\s*/(\S+)\s+")


def secret(text: str) -> bool:
    """Whether it must not be kept: also where /register is misspelt."""
    word = _FIRST_WORDS.match(text)
    misspelt = word is not None and bool(difflib.get_close_matches(word[1].lower(), ["register"], cutoff=0.75))
    return misspelt or _SECRET.match(text) is not None


def masked(text: str) -> str:
    """The same length; all after the first word of a secret line is bullets."""
    word = _FIRST_WORDS.match(text)
    if word is None or not secret(text):
        return text
    return text[: word.end()] + re.sub(r"\S", BULLET, text[word.end() :])
