"""Addresses in texts, for terminals that open them (OSC 8). Pure."""

from __future__ import annotations

import re

# Only what is printed is linked, and only these two: nobody is sent elsewhere than he reads.
_LINK = re.compile(r"https?://[!-~]{2,2000}", re.IGNORECASE)
_NOT_LAST = ".,;:!?'\"*_>"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def links(text: str) -> list[tuple[int, int]]:
    """Where addresses begin and end in a harmless line."""
    if "://" not in text:
        return []
    return [(match.start(), match.start() + len(_trimmed(match[0]))) for match in _LINK.finditer(text)]


def _trimmed(link: str) -> str:
    """Without the punctuation of the sentence around it."""
    while link[-1] in _NOT_LAST or (link[-1] in _PAIRS and link.count(link[-1]) > link.count(_PAIRS[link[-1]])):
        link = link[:-1]
    return link
