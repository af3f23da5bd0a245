"""What stands above and below the list: how the whole is, in a few rows. Pure."""

from __future__ import annotations

from typing import Any

from cluster.operator.text import harmless
from cluster.top.book import Book
from cluster.top.columns import BAD, DIM, GOOD, NORMAL, WARNING, state_role
from cluster.top.desk import DETAILS, HELP, Desk
from cluster.top.facts import NODES, ROOMS, USERS
from cluster.top.paint import CHOSEN, FIGURE, TITLE, Row, Span, between
from cluster.top.table import Table
from cluster.top.wording import NONE, clean, count, fitted, per_second, seconds, size, span, sparkline

METERS = (
    ("clients", "clients", count),
    ("in/s", "said", per_second),
    ("out/s", "out", per_second),
    ("p99", "p99", seconds),
    ("redis", "redis", seconds),
)


def head(book: Book, where: str, interval: float, clock: str, width: int) -> Row:
    """Which cluster this is, and how many nodes are how."""
    states = book.counted()
    row = [Span("hydrachat top", TITLE), Span("  " + harmless(where), DIM), Span("  ")]
    for number, (state, many) in enumerate(sorted(states.items(), key=lambda item: (item[0] != "serving", item[0]))):
        row += [Span(", " if number else ""), Span(f"{many} {clean(state)}", state_role(state))]
    if not states:
        row.append(Span("no nodes" if book.read_at is not None else "", WARNING))
    return between(row, [Span(f"every {interval:g} s  {clock}", DIM)], width)


def meters(book: Book, width: int) -> list[Row]:
    """Two rows: figures of the whole cluster, and how they went."""
    each = max(8, width // len(METERS))
    figures: list[Span] = []
    lines: list[Span] = []
    for title, name, text in METERS:
        shown = text(book.totals.get(name))
        figures += [Span(f"{title} ", DIM), Span(fitted(shown, each - len(title) - 1), FIGURE)]
        lines += [Span(sparkline(book.history.last(name), each - 2), GOOD), Span("  ")]
    return [figures, lines]


def store(book: Book, now: float) -> Row:
    """How Redis is; or that it is away, and since when."""
    error, found = book.reading.error, book.reading.store
    if error:
        since = f"for {span(now - book.read_at)}" if book.read_at is not None else "since the start"
        return [Span(f"Redis away {since}: ", BAD), Span(harmless(error), BAD)]
    if found is None:
        return [Span("reading …", DIM)]
    memory = size(found.memory) + (f" of {size(found.memory_max)}" if found.memory_max else "")
    load = f"  {memory}  {count(found.commands)} commands/s  {count(found.connections)} connections"
    trouble = [Span("  " + found.trouble, BAD)] if found.trouble else []
    return [Span(f"Redis {clean(found.server)}"), *trouble, *_term(found.term), Span(load)]


def _term(state: str) -> Row:
    if state == "open":
        return []
    return [Span(f"  {clean(state)}" if state else "  no cluster has begun here", WARNING)]


def tabs(book: Book, view: str, table: Table[Any], width: int) -> Row:
    """Which list is shown, how many are in each, and the filter."""
    found = book.reading.store
    many = {NODES: len(book.nodes), ROOMS: found.rooms if found else None, USERS: found.users if found else None}
    row: list[Span] = []
    for name, number in many.items():
        text = f" {name} {count(number) if number is not None else NONE} "
        row += [Span(text, CHOSEN if name == view else NORMAL), Span(" ")]
    if table.filter:
        row.append(Span(f" /{harmless(table.filter)}: {len(table.shown)} of {table.total}", WARNING))
    place = f"{table.place + 1} of {len(table.shown)}" if table.shown else ""
    return between(row, [Span(place, DIM)], width)


def foot(desk: Desk) -> list[Row]:
    """What can be done now."""
    if desk.question is not None:
        return [[Span(desk.question.text, WARNING)], [Span(desk.question.choices, FIGURE)]]
    return [[Span(desk.asking or _keys(desk), DIM)]]


def _keys(desk: Desk) -> str:
    act = {NODES: "  d drain", USERS: "  k kick"}.get(desk.view, "")
    if desk.mode == HELP:
        return "↑ ↓ more  Esc back  q quit"
    if desk.mode == DETAILS:
        return f"↑ ↓ more  Esc back{'' if desk.view == USERS else '  u its users'}{act}  ? help  q quit"
    return f"n nodes  r rooms  u users  ↵ details  / filter  s sort{act}  ? help  q quit"
