"""Entries of a room's log as lines for a person. Pure."""

from __future__ import annotations

from cluster.operator.history import EntryRow
from cluster.operator.text import harmless
from cluster.operator.times import clock

MARGIN = "  | "
LEFT = {"left": "", "quit": " (quit)", "expired": " (did not come back)"}


def line(row: EntryRow, width: int = 0) -> str:
    """Offset, time and what happened; a text of several lines goes on behind a margin, so that nobody can forge one.
    `width`: of the offset."""
    head = f"{row.offset:>{width}}  {clock(row.time)}  "
    first, *rest = _words(row).split("\n")
    lines = [head + _clean(first) + ("  (late)" if row.late else ""), *(MARGIN + _clean(each) for each in rest)]
    return "\n".join(lines)


def _clean(text: str) -> str:
    return harmless(text.replace("\t", " "), len(text))


def _words(row: EntryRow) -> str:
    if row.kind == "message":
        return f"{row.nick}: {row.text}"
    if row.kind == "joined":
        return f"* {row.text} is now {row.nick}" if row.text else f"* {row.nick} joined"
    if row.kind == "left":
        return f"* {row.nick} left{_why(row.text)}"
    if row.kind == "topic":
        return f"* {row.nick} set the topic: {row.text}" if row.text else f"* {row.nick} cleared the topic"
    if row.kind == "gap":
        return f"-- lost: {_range(row.text)}"
    return f"* {row.kind} {row.nick} {row.text}"


def _why(reason: str) -> str:
    if reason in LEFT:
        return LEFT[reason]
    # By an operator: `banned <until ms, 0: for good> <his words>`.
    word, _, rest = reason.partition(" ")
    return f" ({word} {rest.partition(' ')[2]})".replace(" )", ")") if word == "banned" else f" ({reason})"


def _range(text: str) -> str:
    """Of a gap: `<former epoch> <first> <last>`."""
    epoch, _, offsets = text.partition(" ")
    first, _, last = offsets.partition(" ")
    return f"{first} to {last} of the life {epoch}" if last else text
