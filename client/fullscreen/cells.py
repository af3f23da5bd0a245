"""Text in the cells of a terminal: made harmless, of a width on which terminals agree, and wrapped. Pure.

Terminals differ over what emoji sequences take: joined families, skin tones, variation selectors. What only
joins or tints is left out, so that each character counts for itself and every terminal, also tmux, agrees.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size, split_graphemes

from wire.text import harmless

MOST_MARKS = 4
"""Combining marks on one character; more are no script but mischief."""

# Without a width of their own: selectors, joiners and marks of direction, tags, soft hyphen, fillers. ZWNJ stays.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Large classes are written as what is not in them: `re` takes each character in its hands when it compiles one.
_SKIN = re.compile("(?<=[^\x00-\u25ff\U0001fb00-\U0010ffff])[\U0001f3fb-\U0001f3ff]")
_JOINER = re.compile("\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_DOUBTFUL = re.compile("[^\x00-\u02ff\u0370-\u0482\u048a-\u058f\u2000-\u25ff\u27c0-\u2aff\u2c00-\u2e7f]")
_INDIC = re.compile("[\u0900-\u1cff\ua800-\uabff\U00011000-\U00011fff]")
_LRM = "\u200e"
_TOKEN = re.compile(r"\s+|\S+")


def shown(text: str) -> str:
    """One line of untrusted text as it may go to the terminal."""
    text = harmless(text)
    if text.isascii():
        return text
    text = _JOINER.sub("", _SKIN.sub("", _INVISIBLE.sub("", text)))
    return "".join(_bounded(text))


def _bounded(text: str) -> Iterator[str]:
    marks = 0
    for at, char in enumerate(text):
        if char.isascii() or unicodedata.category(char) not in ("Mn", "Me"):
            marks = 0
        else:
            if at == 0:
                yield "\N{DOTTED CIRCLE}"
            marks += 1
            if marks > MOST_MARKS:
                continue
        yield char


def guarded(text: str) -> str:
    """A piece of a row: what runs from right to left stays in it, also on a terminal that turns whole lines."""
    return text if text.isascii() or not _RIGHT_TO_LEFT.search(text) else text + _LRM


def doubtful(text: str) -> bool:
    """Whether terminals may differ over how wide it is."""
    return not text.isascii() and _DOUBTFUL.search(text) is not None


def width(text: str) -> int:
    """In cells; at most so many, where terminals differ over vowel signs (of Hindi and its like)."""
    return len(text) if text.isascii() else cell_len(text) + _vowel_signs(text)


@lru_cache(maxsize=4096)
def nick_width(nick: str) -> int:
    """Of a nickname as a stranger sent it."""
    return width(shown(nick))


def _vowel_signs(text: str) -> int:
    return 0 if _INDIC.search(text) is None else sum(unicodedata.category(char) == "Mc" for char in text)


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Exactly `cells` wide: cut with an ellipsis, or padded (`right`: on the left)."""
    have = width(text)
    if have > cells:
        text = text[: _reach(text, cells - 1)] + "…" if cells > 0 else ""
        have = width(text)
    padding = " " * (cells - have)
    return padding + guarded(text) if right else guarded(text) + padding


def wrap(text: str, cells: int) -> list[tuple[int, int]]:
    """Where the rows of a line begin and end, broken at white space where that is possible."""
    cells = max(cells, 2)
    if width(text) <= cells:
        return [(0, len(text))]
    return list(_rows(text, cells))


def _rows(text: str, cells: int) -> Iterator[tuple[int, int]]:
    start, used = 0, 0
    for token in _TOKEN.finditer(text):
        at, word = token.start(), token[0]
        size = width(word)
        if used + size <= cells:
            used += size
            continue
        if word.isspace():
            # The break stands for it.
            yield start, at
            start, used = token.end(), 0
            continue
        if used and size <= cells and not _wide(word[0]):
            yield start, at
            start, used = at, size
            continue
        for end in _broken(word, cells, used):
            if at + end > start:
                yield start, at + end
            start = at + end
        used = width(text[start : token.end()])
    if start < len(text):
        yield start, len(text)


def _broken(word: str, cells: int, used: int) -> Iterator[int]:
    """Where a word is cut, of which the first row has `used` cells taken."""
    at = 0
    while width(word[at:]) > cells - used:
        step = _reach(word[at:], cells - used)
        if step == 0 and used == 0:
            step = 1
        at += step
        yield at
        used = 0


def _reach(text: str, cells: int) -> int:
    """How many characters, whole ones with their marks, fit into `cells`."""
    if text.isascii():
        return max(cells, 0)
    at = 0
    for start, end, size in split_graphemes(text)[0]:
        cells -= size + _vowel_signs(text[start:end])
        if cells < 0:
            break
        at = end
    return at


def _wide(char: str) -> bool:
    return not char.isascii() and get_character_cell_size(char) == 2
