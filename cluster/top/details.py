"""All that is known of one line. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from cluster.operator.read import number
from cluster.operator.text import harmless
from cluster.top.book import DRAWN, Book, Figures, NodeLine, RoomLine, UserLine
from cluster.top.columns import BAD, DIM, GOOD, NORMAL, state_role
from cluster.top.paint import FIGURE, TITLE, Row, Span
from cluster.top.wording import NONE, clean, clock, count, fitted, per_second, percent, seconds, size, span, sparkline

LABEL = 14
DRAWN_AS = {
    "said": ("in/s", per_second),
    "out": ("out/s", per_second),
    "p99": ("p99", seconds),
    "redis": ("redis", seconds),
    "clients": ("clients", count),
}
Line = NodeLine | RoomLine | UserLine


def of(line: Line, book: Book, wall: float, width: int) -> list[Row]:
    """`wall`: Unix seconds now."""
    if isinstance(line, NodeLine):
        return _node(line, book, wall, width)
    return _room(line, book, width) if isinstance(line, RoomLine) else _user(line, wall)


def _pair(label: str, text: str, role: str = NORMAL) -> Row:
    return [Span(fitted(label, LABEL), DIM), Span(text or NONE, role)]


def _node(line: NodeLine, book: Book, wall: float, width: int) -> list[Row]:
    row, figures = line.row, line.figures
    started = number(row.started)
    beat = f"heartbeat {row.age:.1f} s ago"
    rows: list[Row] = [
        [Span(clean(row.node), TITLE), Span("  "), Span(clean(line.state), state_role(line.state)), Span(f"  {beat}")],
        _pair("address", f"{clean(row.address)}  http {clean(row.http)}"),
        _pair("process", f"{row.pid or NONE} on {clean(row.host)}  boot {clean(row.boot)}"),
        _pair("version", clean(row.version)),
        _pair("up", f"{span(wall - started / 1000)} since {clock(started)}" if started else NONE),
    ]
    if not line.answered:
        return [*rows, _pair("metrics", _silence(line), BAD)]
    rows += [_drawn(name, line, book, width) for name in DRAWN]
    return [*rows, *(_pair(label, text) for label, text in _figures(figures))]


def _silence(line: NodeLine) -> str:
    if not line.row.alive:
        return "not asked: it is lost"
    return harmless(line.silent) if line.silent else "it has told no address to ask at"


def _drawn(name: str, line: NodeLine, book: Book, width: int) -> Row:
    label, text = DRAWN_AS[name]
    history = book.histories[line.key].last(name)
    figure = fitted(text(line.figures.get(name)), 10)
    return [Span(fitted(label, LABEL), DIM), Span(figure, FIGURE), Span(sparkline(history, width - LABEL - 11), GOOD)]


def _figures(figures: Figures) -> Sequence[tuple[str, str]]:
    f = figures.get
    delay = f"half within {seconds(f('p50'))}, 99 of 100 within {seconds(f('p99'))}"
    connections = f"{count(f('connections'))}: native {count(f('native'))}, plain {count(f('plain'))}"
    return (
        ("delay", delay),
        ("connections", f"{connections}; opened {per_second(f('opened'))}/s, hellos waiting {count(f('hellos'))}"),
        ("sessions", f"away {count(f('away'))}; rooms {count(f('rooms'))}; unanswered {count(f('unanswered'))}"),
        ("entries", f"{per_second(f('entries'))}/s; refused {per_second(f('refused'))}/s"),
        ("lag", f"{count(f('lag'))} entries; {count(f('behind'))} logs and clients read on"),
        ("outbox", f"{size(f('outbox'))}, largest {size(f('largest'))}; slow clients {count(f('slow'))}; "
                   f"cut {per_second(f('overflows'))}/s"),
        ("cpu, memory", f"{percent(f('cpu'))} of a core, {size(f('memory'))}"),
    )  # fmt: skip


def _room(line: RoomLine, book: Book, width: int) -> list[Row]:
    row, found = line.row, book.reading.room
    rows: list[Row] = [
        [Span(clean(row.room), TITLE), Span(f"  {row.members} members")],
        _pair("entries", f"up to #{row.top}, {per_second(line.rate)}/s, epoch {clean(row.epoch)}"),
    ]
    if found is None or found.room != row.room:
        return rows
    rows += [_pair("topic", clean(found.topic)), _pair("retained", f"{count(found.retained)} entries"), []]
    return [*rows, *([Span(text)] for text in flowing([clean(nick) for nick in found.members], width))]


def flowing(words: Sequence[str], width: int) -> list[str]:
    """Words with two spaces between them, in lines that fit."""
    lines: list[str] = []
    for word in words:
        if lines and cell_len(lines[-1]) + 2 + cell_len(word) <= width:
            lines[-1] += f"  {word}"
        else:
            lines.append(word)
    return lines


def _user(line: UserLine, wall: float) -> list[Row]:
    row = line.row
    left = f" for {span(row.until / 1000 - wall)} more at most" if row.until else ""
    return [
        [Span(clean(row.nick), TITLE), Span("  "), Span(clean(line.state) + left, state_role(line.state))],
        _pair("node", clean(row.node)),
        _pair("address", clean(row.address)),
        _pair("session", clean(row.session)),
        _pair("since", f"{clock(row.since)} ({span(wall - row.since / 1000)})" if row.since else NONE),
        _pair("unread", f"{count(line.waiting)} entries of the inbox are not acknowledged"),
        _pair("rooms", clean(" ".join(row.rooms))),
    ]
