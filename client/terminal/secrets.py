"""What is typed and must not be seen, nor kept. Pure."""

from __future__ import annotations

import difflib
import re

BULLET = "•"
_SECRET = re.compile(r"\s*/(?:un)?register(?:\s|$)", re.IGNORECASE)
_FIRST_WORDS = re.compile(r"\s*/(\S+)\s+")
_JOIN_KEY = re.compile(r"(\s*/j(?:oin)?\s+\S+\s+)(\S.*)", re.IGNORECASE | re.DOTALL)
_GUARD_KEY = re.compile(r"(\s*/guard\s.*?key=)(\S+)", re.IGNORECASE | re.DOTALL)


def secret(text: str) -> bool:
    """Whether it must not be kept: also where /register is misspelt."""
    word = _FIRST_WORDS.match(text)
    misspelt = word is not None and bool(difflib.get_close_matches(word[1].lower(), ["register"], cutoff=0.75))
    return misspelt or _SECRET.match(text) is not None


def without_key(text: str) -> str:
    """Without the key of a room, if there is one in it."""
    for pattern in (_JOIN_KEY, _GUARD_KEY):
        found = pattern.match(text)
        if found:
            return found[1] if pattern is _GUARD_KEY else found[1].rstrip()
    return text


def masked(text: str) -> str:
    """The same length; all after the first word of a secret line is bullets, and so is a room's key."""
    for pattern in (_JOIN_KEY, _GUARD_KEY):
        found = pattern.match(text)
        if found:
            return found[1] + re.sub(r"\S", BULLET, found[2]) + text[found.end() :]
    word = _FIRST_WORDS.match(text)
    if word is None or not secret(text):
        return text
    return text[: word.end()] + re.sub(r"\S", BULLET, text[word.end() :])
