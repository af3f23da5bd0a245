"""What the roles of spans look like, and the colours of the screen."""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import lru_cache

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

from client.terminal.paint import PALETTE

# Bold, dim, reverse and underline carry the meaning; colour only adds to it (NO_COLOR).
_STYLES = {
    "text": Style(),
    "time": Style(dim=True),
    "rule": Style(dim=True),
    "day": Style(dim=True),
    "note": Style(dim=True, italic=True),
    "new": Style(color="color(166)", bold=True),
    "announcement": Style(color="color(166)", bold=True),
    "quiet": Style(dim=True),
    "notice": Style(dim=True),
    "trouble": Style(color="color(160)", bold=True),
    "failed": Style(color="color(160)", bold=True),
    "undelivered": Style(color="color(160)", bold=True),
    "doubtful": Style(color="color(166)", bold=True),
    "gap": Style(color="color(166)", bold=True),
    "pending": Style(dim=True),
    "accepted": Style(dim=True),
    "received": Style(color="color(71)"),
    "found": Style(reverse=True),
    "action": Style(dim=True),
    "unread": Style(bold=True),
    "current": Style(bold=True, reverse=True),
    "dim": Style(dim=True),
    "bold": Style(bold=True),
}


@lru_cache(maxsize=8192)
def style(role: str, detail: str = "") -> Style:
    """Cached, so that the rows of one address are one link."""
    if role == "nick":
        return Style(color=f"color({colour(detail)})")
    if role == "mention":
        return Style(color=f"color({colour(detail)})" if detail else None, bold=True, reverse=bool(detail))
    if role == "link":
        return Style(underline=True, link=detail)
    return _STYLES.get(role, _STYLES["text"])


def colour(nick: str) -> int:
    """The same as in the line client."""
    return PALETTE[zlib.crc32(nick.casefold().encode()) % len(PALETTE)]


THEMES = {
    "dark": Theme(
        name="dark", dark=True, primary="#5fafd7", foreground="#d0d0d0", background="#121212", surface="#1c1c1c",
        panel="#262626", accent="#ffaf5f", warning="#ffaf5f", error="#ff5f5f", success="#5faf5f",
    ),
    "light": Theme(
        name="light", dark=False, primary="#005f87", foreground="#303030", background="#ffffff", surface="#eeeeee",
        panel="#e4e4e4", accent="#af5f00", warning="#af5f00", error="#d70000", success="#008700",
    ),
    # The colours that the terminal has anyway, also of its background.
    "terminal": replace(BUILTIN_THEMES["ansi-dark"], name="terminal"),
}  # fmt: skip
"""Ours; Textual has more."""


def names() -> list[str]:
    """All that there are, ours first."""
    return [*THEMES, *sorted(name for name in BUILTIN_THEMES if name not in THEMES)]
