"""Addresses in texts, for terminals that open them (OSC 8). Pure."""

from __future__ import annotations

import re

# Only what is printed is linked, and only these two: nobody is sent elsewhere than he reads. So a host has no letters
# that look like others, and what goes on with such a letter is no host; behind it stands what one finds in titles.
_LETTERS = r"\w\u0300-\u036f"
_LINK = re.compile(rf"https?://[!-.0->@-~]{{2,255}}+(?![{_LETTERS}])(?:[/?#][!-~{_LETTERS}]{{0,2000}})?", re.IGNORECASE)
_PRINTED = "".join(map(chr, range(33, 127)))
_NOT_LAST = ".,;:!?'\"*_>"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def links(text: str) -> list[tuple[int, int]]:
    """Where addresses begin and end in a harmless line."""
    if "://" not in text:
        return []
    return [(match.start(), match.start() + len(_trimmed(match[0]))) for match in _LINK.finditer(text)]


def address(link: str) -> str:
    """As terminals want it, and browsers: what is not ASCII is percent-encoded."""
    if link.isascii():
        return link
    # Imported late: few need it.
    from urllib.parse import quote

    return quote(link, safe=_PRINTED)


def _trimmed(link: str) -> str:
    """Without the punctuation of the sentence around it."""
    while link[-1] in _NOT_LAST or (link[-1] in _PAIRS and link.count(link[-1]) > link.count(_PAIRS[link[-1]])):
        link = link[:-1]
    return link
