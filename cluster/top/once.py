"""One look without a screen: for pipes, scripts and dumb terminals. Main thread."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from cluster.operator import table
from cluster.operator.errors import RedisUnreachable
from cluster.operator.url import without_password
from cluster.top import columns, panes
from cluster.top.book import Book, NodeLine
from cluster.top.facts import NODES, ROOMS, USERS, Facts, Source, Want
from cluster.top.paint import plain


def run(url: str, prefix: str, interval: float, view: str, as_json: bool) -> int:
    """Looks twice, `interval` seconds apart, and prints. Raises RedisUnreachable, BadSetting."""
    source = Facts(url, prefix)
    try:
        book = look(source, interval, view)
    except RedisUnreachable as error:
        raise RedisUnreachable(f"Redis at {without_password(url)} can't be used: {error}") from None
    finally:
        source.close()
    if as_json:
        click.echo(json.dumps(report(book, view), indent=2))
    else:
        show(book, view)
    return 0


def look(source: Source, interval: float, view: str) -> Book:
    """A book with two readings. Raises RedisUnreachable."""
    book = Book()
    for wait in (0.0, interval):
        time.sleep(wait)
        book.take(source.read(Want(view)))
        if book.reading.error:
            raise RedisUnreachable(book.reading.error)
    return book


def show(book: Book, view: str) -> None:
    """Prints the whole in two lines, and the list."""
    for title, name, text in panes.METERS:
        click.echo(f"{title} {text(book.totals.get(name))}  ", nl=False)
    click.echo("\n" + plain(panes.store(book, book.reading.at)) + "\n")
    shown = {NODES: columns.NODES, ROOMS: columns.ROOMS, USERS: columns.USERS}[view]
    table.show([one.title for one in shown], [[one.text(line) for one in shown] for line in book.lines(view)])


def report(book: Book, view: str) -> Mapping[str, Any]:
    """What `--json` prints."""
    store = book.reading.store
    found: dict[str, Any] = {
        "cluster": book.totals,
        "store": asdict(store) if store else None,
        "nodes": [_node(line) for line in book.nodes],
    }
    if view == ROOMS:
        found["rooms"] = [{**asdict(line.row), "rate": line.rate} for line in book.rooms]
    if view == USERS:
        found["users"] = [{**asdict(line.row), "state": line.state, "unread": line.waiting} for line in book.users]
    return found


def _node(line: NodeLine) -> Mapping[str, Any]:
    said = {**asdict(line.row), "state": line.state, "answered": line.answered}
    return {**line.figures, **said}
