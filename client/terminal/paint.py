"""Lines with and without colour. Pure."""

from __future__ import annotations

import zlib

from client.terminal.wording import Kind, Line, clock

# Readable on dark and on light backgrounds (of the 256-colour palette).
PALETTE = (32, 29, 65, 68, 64, 98, 103, 131, 134, 167, 132, 166, 169, 100, 163, 31)
_RESET = "\x1b[0m"
_DIM = "\x1b[2m"
_STYLES = {
    Kind.PRIVATE: "\x1b[35m",
    Kind.HISTORY: _DIM,
    Kind.ANNOUNCEMENT: "\x1b[1;33m",
    Kind.QUIET: _DIM,
    Kind.NOTICE: _DIM,
    Kind.TROUBLE: "\x1b[31m",
    Kind.GAP: "\x1b[33m",
}
_MARKS = {Kind.ANNOUNCEMENT: "*** ", Kind.QUIET: "* ", Kind.NOTICE: "· ", Kind.TROUBLE: "! ", Kind.GAP: "! "}


def plain(line: Line) -> str:
    """`HH:MM nick: text`; see `hydrachat join --help` for the other forms."""
    first = f"{clock(line.time)} {_MARKS.get(line.kind, '')}{line.text}"
    return "\n".join((first, *line.more))


def coloured(line: Line) -> str:
    """The same with ANSI colours; who speaks has always the same one."""
    stamp = f"{_DIM}{clock(line.time)}{_RESET} "
    if line.kind is Kind.TALK and line.nick:
        body = f"{nick_colour(line.nick)}{line.head}{_RESET}{line.text[len(line.head) :]}"
        return "\n".join((stamp + body, *line.more))
    style = _STYLES.get(line.kind, "")
    rows = (_MARKS.get(line.kind, "") + line.text, *line.more)
    return stamp + "\n".join(f"{style}{row}{_RESET}" for row in rows)


def nick_colour(nick: str) -> str:
    """The same everywhere and always: a checksum of the name picks it."""
    return f"\x1b[38;5;{PALETTE[zlib.crc32(nick.casefold().encode()) % len(PALETTE)]}m"
