"""An entry as rows of spans, for one width. Pure; `theme` knows what the roles look like."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from client.fullscreen.cells import fit, guarded, nick_width, shown, width, wrap
from client.fullscreen.entry import Entry, Kind, Mark
from client.fullscreen.links import address, links
from client.terminal.wording import ACTS, clock

NARROW = 48
"""Below so many columns the text begins behind the nickname, and goes on below the nickname."""


class Span(NamedTuple):
    """`role`: what it is. `detail`: the nickname whose colour it has, or the address that it links to."""

    text: str
    role: str = "text"
    detail: str = ""


Row = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What the rows of an entry depend on beside itself. `found`: a searched text. `names`: how wide the nicknames
    are that stand beside it."""

    columns: int
    found: str = ""
    names: int = 14

    @property
    def narrow(self) -> bool:
        return self.columns < NARROW

    @property
    def nick(self) -> int:
        """No wider than it is needed, in steps: the text has the rest, and does not move with each who speaks."""
        most = 10 if self.columns < 72 else 16
        return max(6, min(self.names + self.names % 2, most))


GUTTERS = {
    Mark.PENDING: "… ",
    Mark.ACCEPTED: "✓ ",
    Mark.RECEIVED: "✓✓",
    Mark.UNDELIVERED: "✗ ",
    Mark.DOUBTFUL: "? ",
    Mark.FAILED: "✗ ",
}
_BODIES = {Kind.ANNOUNCEMENT: "announcement", Kind.QUIET: "quiet", Kind.NOTICE: "notice", Kind.GAP: "gap"}
_SIGNS = {
    Kind.ACTION: ACTS,
    Kind.ANNOUNCEMENT: "***",
    Kind.QUIET: "*",
    Kind.NOTICE: "·",
    Kind.TROUBLE: "!",
    Kind.GAP: "!",
}


def rows(entry: Entry, look: Look) -> tuple[Row, ...]:
    """Cached with the entry until something that it depends on is another one."""
    key = (look, entry.mark, entry.time)
    if entry.cached is None or entry.cached[0] != key:
        entry.cached = (key, _laid_out(entry, look))
    found: tuple[Row, ...] = entry.cached[1]
    return found


def _laid_out(entry: Entry, look: Look) -> tuple[Row, ...]:
    head, rest = (_narrow_head(entry, look), (Span(" " * 6, "dim"),)) if look.narrow else _aligned(entry, look)
    taken = _width(rest)
    pieces = _pieces(entry, look, look.columns - taken, _width(head) - taken)
    return tuple((*(rest if at else head), *piece) for at, piece in enumerate(pieces))


def _width(row: Row) -> int:
    return sum(width(span.text) for span in row)


def _aligned(entry: Entry, look: Look) -> tuple[Row, Row]:
    who = Span(short(shown(entry.nick), look.nick), _nick_role(entry), entry.nick)
    if not entry.nick or entry.kind is not Kind.TALK:
        who = Span(fit(_SIGNS.get(entry.kind, ""), look.nick, right=True), entry.kind.value)
    head = (Span(clock(entry.time) + " ", "time"), who, Span(" "), _gutter(entry), Span(" "))
    return head, (Span(" " * (6 + look.nick + 1)), Span("│ ", "rule"), Span(" "))


def _narrow_head(entry: Entry, look: Look) -> Row:
    marked = entry.mark is not Mark.NONE or entry.mention
    who = (Span(_SIGNS.get(entry.kind, ""), entry.kind.value), Span(" "))
    if entry.nick and entry.kind is Kind.TALK:
        nick = short(shown(entry.nick), min(nick_width(entry.nick), max(2, look.columns // 2 - 3)))
        who = (Span(nick, _nick_role(entry), entry.nick), Span(" " if marked else ": "))
    return (Span(clock(entry.time) + " ", "time"), *who, *((_gutter(entry),) if marked else ()))


def short(nick: str, cells: int) -> str:
    """Cut in its middle where it is too long: names that begin alike often end otherwise."""
    tail = nick[-3:]
    if width(nick) > cells > 8 and tail.isascii():
        nick = fit(nick[:-3], cells - 3) + tail
    return fit(nick, cells, right=True)


def _nick_role(entry: Entry) -> str:
    return "mention" if entry.mention else "nick"


def _gutter(entry: Entry) -> Span:
    if entry.mark in GUTTERS:
        return Span(GUTTERS[entry.mark], "trouble" if entry.mark is Mark.FAILED else entry.mark.value)
    return Span("» ", "mention") if entry.mention else Span("│ ", "rule")


def _pieces(entry: Entry, look: Look, columns: int, taken: int) -> list[Row]:
    """The rows of the text alone; of the first one so many cells are taken."""
    text = entry.text
    if entry.kind is Kind.ACTION:
        text = f"{entry.nick} {text}"
    if entry.late:
        text = f"(late) {text}"
    found: list[Row] = []
    role = _BODIES.get(entry.kind, "text")
    blank = False
    for line in text.split("\n"):
        line = shown(line)
        if blank and not line.strip():
            continue  # many of them would push all else off the screen
        blank = not line.strip()
        painted = _painted(line, entry, look)
        found += [_cut(line, painted, start, end, role) for start, end in _wrapped(line, columns, taken)]
        taken = 0
    return found


def _wrapped(line: str, columns: int, taken: int) -> list[tuple[int, int]]:
    if taken < 1:
        return wrap(line, columns)
    before = "x" * (taken - 1) + " "  # a word of that width stands there
    return [(max(0, start - taken), max(0, end - taken)) for start, end in wrap(before + line, columns)]


def _painted(line: str, entry: Entry, look: Look) -> list[tuple[int, int, str, str]]:
    """(start, end, role, detail) of what differs from plain text; a match goes before a link."""
    marked = [(start, end, "link", address(line[start:end])) for start, end in links(line)]
    if look.found:
        hits = re.finditer(re.escape(look.found), line, re.IGNORECASE)
        marked = [(hit.start(), hit.end(), "found", "") for hit in hits] + marked
    if entry.kind is Kind.ACTION and not entry.late:
        marked.append((0, len(shown(entry.nick)), "nick", entry.nick))
    return marked


def _cut(line: str, painted: list[tuple[int, int, str, str]], start: int, end: int, role: str) -> Row:
    if not painted:
        return (Span(guarded(line[start:end]), role),)
    edges = {start, end} | {edge for one in painted for edge in one[:2] if start < edge < end}
    points = sorted(edges)
    return tuple(_span(line, painted, a, b, role) for a, b in pairwise(points)) or (Span(""),)


def _span(line: str, painted: list[tuple[int, int, str, str]], start: int, end: int, role: str) -> Span:
    text = guarded(line[start:end])
    for first, last, special, detail in painted:
        if first <= start and end <= last:
            return Span(text, special, detail)
    return Span(text, role)


def day(milliseconds: int) -> tuple[int, int]:
    """The local day, to compare."""
    local = time.localtime(milliseconds / 1000)
    return local.tm_year, local.tm_yday


def day_row(milliseconds: int, look: Look) -> Row:
    text = time.strftime("%A, %d %B %Y", time.localtime(milliseconds / 1000))
    return (Span(_centred(text, look.columns), "day"),)


def note_row(text: str, look: Look, role: str = "day") -> Row:
    return (Span(_centred(shown(text), look.columns), role),)


def _centred(text: str, columns: int) -> str:
    text = f" {text} "
    left = max(0, (columns - width(text)) // 2)
    return fit("─" * left + text + "─" * max(0, columns - left - width(text)), columns)
