"""Rows of spans: text, and the part it plays. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from cluster.top.columns import BAD, DIM, GOOD, NORMAL, WARNING

TITLE, FIGURE, MARKED, CHOSEN, HEAD = "title", "figure", "marked", "chosen", "head"
# Words, bold and reverse carry the meaning; colour only adds to it (NO_COLOR).
STYLES = {
    NORMAL: Style(),
    GOOD: Style(color="green"),
    WARNING: Style(color="yellow", bold=True),
    BAD: Style(color="red", bold=True),
    DIM: Style(dim=True),
    TITLE: Style(bold=True),
    FIGURE: Style(bold=True),
    MARKED: Style(bold=True, underline=True),
    HEAD: Style(bold=True, reverse=True),
    CHOSEN: Style(bold=True, reverse=True),
}

COLOURLESS = {role: style.without_color for role, style in STYLES.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """`text` is harmless already."""

    text: str
    role: str = NORMAL


Row = Sequence[Span]


def plain(row: Row) -> str:
    """Only the text."""
    return "".join(span.text for span in row)


def cut(row: Row, start: int, width: int) -> Row:
    """The cells from `start` on, `width` of them at most."""
    found, at = [], 0
    for span in row:
        long = cell_len(span.text)
        first, last = max(start, at), min(start + width, at + long)
        if first < last:
            text = span.text if first == at else _without(span.text, first - at)
            found.append(Span(set_cell_size(text, last - first), span.role))
        at += long
    return found


def _without(text: str, cells: int) -> str:
    """`text` after its first `cells`; half a wide character is a space."""
    for place in range(len(text) + 1):
        gone = cell_len(text[:place])
        if gone >= cells:
            return " " * (gone - cells) + text[place:]
    return ""


def between(left: Row, right: Row, width: int) -> Row:
    """`left`, and `right` at the right edge if there is room for both."""
    used = cell_len(plain(left)) + cell_len(plain(right))
    if used + 1 > width:
        return cut(left, 0, width)
    return [*left, Span(" " * (width - used)), *right]
