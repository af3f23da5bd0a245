"""What each list shows, from left to right: what matters most first, since the rest may not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from cluster.operator.read import LOST, STOPPED
from cluster.top.book import NodeLine, RoomLine, UserLine
from cluster.top.wording import clean, clock, count, fitted, per_second, percent, seconds, size

NORMAL, GOOD, WARNING, BAD, DIM = "normal", "good", "warning", "bad", "dim"
ROLES = {"serving": GOOD, "here": NORMAL, LOST: BAD, STOPPED: DIM, "away": DIM}


@dataclass(frozen=True, slots=True)
class Column:
    """`value`: what a line is sorted by (None: unknown, always last); `text`: what is shown, harmless. Numbers stand to
    the right, and the largest come first. `widest`: cells that it takes at most."""

    title: str
    value: Callable[[Any], str | float | None]
    text: Callable[[Any], str]
    number: bool = False
    widest: int = 40
    role: Callable[[Any], str] = lambda _: NORMAL


def state_role(state: str) -> str:
    return ROLES.get(state, WARNING)


def _text(title: str, value: Callable[[Any], str], widest: int = 40) -> Column:
    return Column(title, lambda line: value(line).casefold(), lambda line: clean(value(line)), widest=widest)


def _state(value: Callable[[Any], str]) -> Column:
    return Column("state", value, lambda line: clean(value(line)), widest=10, role=lambda line: state_role(value(line)))


def _figure(title: str, name: str, text: Callable[[float | None], str]) -> Column:
    return Column(title, lambda line: line.figures.get(name), lambda line: text(line.figures.get(name)), number=True)


def _node(line: NodeLine) -> str:
    return line.row.node


NODES: Sequence[Column] = (
    _text("node", _node, widest=20),
    _state(lambda line: line.state),
    Column("clients", lambda line: line.row.clients, lambda line: count(line.row.clients), number=True),
    _figure("in/s", "said", per_second),
    _figure("out/s", "out", per_second),
    _figure("p99", "p99", seconds),
    _figure("redis", "redis", seconds),
    _figure("lag", "lag", count),
    _figure("cpu", "cpu", percent),
    Column("beat", lambda line: line.row.age, lambda line: f"{line.row.age:.1f} s", number=True),
    _figure("outbox", "outbox", size),
    _figure("memory", "memory", size),
    _figure("slow", "slow", count),
    _text("version", lambda line: line.row.version, widest=16),
    _text("address", lambda line: line.row.address),
    _text("http", lambda line: line.row.http),
)


def _members(line: RoomLine) -> int:
    return line.row.members


ROOMS: Sequence[Column] = (
    _text("room", lambda line: line.row.room),
    Column("members", _members, lambda line: count(_members(line)), number=True),
    Column("entries/s", lambda line: line.rate, lambda line: per_second(line.rate), number=True),
    Column("top", lambda line: line.row.top, lambda line: f"#{line.row.top}", number=True),
    _text("epoch", lambda line: line.row.epoch, widest=12),
)


def _waiting(line: UserLine) -> int:
    return line.waiting


USERS: Sequence[Column] = (
    _text("nick", lambda line: line.row.nick, widest=32),
    _text("node", lambda line: line.row.node, widest=20),
    _state(lambda line: line.state),
    Column("unread", _waiting, lambda line: count(_waiting(line)), number=True),
    Column("since", lambda line: line.row.since, lambda line: clock(line.row.since)),
    _text("rooms", lambda line: " ".join(line.row.rooms), widest=60),
    _text("address", lambda line: line.row.address),
    _text("session", lambda line: line.row.session, widest=20),
)


def widths(columns: Sequence[Column], lines: Sequence[Any]) -> list[int]:
    """Cells that each column takes for `lines` and its title with a sort mark."""
    return [
        min(column.widest, max([len(column.title) + 1, *(cell_len(column.text(line)) for line in lines)]))
        for column in columns
    ]


def padded(column: Column, text: str, width: int) -> str:
    return fitted(text, width, column.number)
