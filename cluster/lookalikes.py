"""What a nickname looks like: skeletons as of UTS #39, by which two that could be taken for each other are known.

The table is the Unicode Consortium's confusables.txt, as the package `confusable_homoglyphs` carries it: each character
with all that look like it. In the standard's file one of them stands for the others; here that is found again, since
all others have it as their only neighbour. Of two that are alone with each other it may be either.

On top of the standard: letters that differ in case alone count as one, as they do in nicknames. A capital I looks like
a small l, but a small i doesn't: so a name has up to two skeletons, of how it is shown and of how it is compared.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from cluster.types import Name

_MARKS = "\u200e\u200f"  # that the table puts around what is written from right to left


def skeletons(name: Name) -> str:
    """The name's, with a blank between two; none of them has white space in it. Pure; any thread. The first call reads
    the table: some 80 ms."""
    found = (_folded(skeleton(name.mapped)), _folded(skeleton(name.shown)))
    return " ".join(dict.fromkeys(found))


def prepare() -> None:
    """Reads the table, so that the first names don't wait for it, each for itself."""
    _prototypes()


def skeleton(text: str) -> str:
    """UTS #39, section 4: decomposed, each character replaced by its prototype, decomposed again."""
    table = _prototypes()
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(table.get(each, each) for each in decomposed))


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFD", text.casefold())
    return "".join(each for each in folded if not each.isspace() and unicodedata.category(each) not in ("Cf", "Cc"))


@cache
def _prototypes() -> Mapping[str, str]:
    from confusable_homoglyphs.utils import load  # the table alone: its other modules take several MB

    neighbours = {
        _bare(each): {_bare(other["c"]) for other in others} for each, others in load("confusables.json").items()
    }
    table = {each: _prototype(each, others, neighbours) for each, others in neighbours.items() if len(each) == 1}

    # A prototype of several characters may have one of a pair in it, of which we have taken the other.
    def settled(text: str) -> str:
        return "".join(table.get(part, part) for part in unicodedata.normalize("NFD", text))

    return {each: settled(other) for each, other in table.items()}


def _prototype(each: str, others: set[str], neighbours: Mapping[str, set[str]]) -> str:
    if len(others) > 1:
        return each
    (other,) = others
    if len(other) > 1 or len(neighbours[other]) > 1:
        return other
    return min(each, other)


def _bare(text: str) -> str:
    return text.strip(_MARKS)
