"""Looking once, or again and again, and showing what was found. Main thread; `--watch` blocks until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click
import redis

from cluster.operator import table
from cluster.operator.connect import connect
from cluster.operator.ending import Ending
from cluster.operator.errors import Failed
from cluster.operator.outlet import rest
from cluster.operator.shape import Shape
from cluster.operator.text import harmless
from cluster.operator.view import View

if TYPE_CHECKING:
    from rich.console import Group

T = TypeVar("T")
RETRY = 1.0
FRAME = 5
"""Lines of a screen that are taken by a table's head and what stands below it."""
Look = Callable[[redis.Redis], View]


def present(url: str, shape: Shape, look: Look) -> None:
    """Shows what `look` finds in the Redis at `url`. Raises RedisUnreachable, and what `look` raises; while it
    watches, only if already the first look fails."""
    if shape.every is not None:
        _watch(url, shape, look, shape.every)
        return
    with connect(url) as client:
        view = look(client)
    _print(view, shape)


def _print(view: View, shape: Shape) -> None:
    if shape.json:
        table.show_json(view.rows)
    elif shape.csv:
        table.show_csv(view.kind, view.rows)
    else:
        table.show_view(view)


def looks(url: str, look: Callable[[redis.Redis], T], every: float, stay: float = 0.0) -> Iterator[T | Failed]:
    """What `look` finds, at once and then each time after `every` seconds; where it failed, that error, and a second's
    rest. Every `stay` seconds there is a new connection: in a Sentinel group the master may be another one by then."""
    while True:
        try:
            with connect(url) as client:
                until = time.monotonic() + stay
                while True:
                    yield look(client)
                    rest(every)
                    if time.monotonic() >= until:
                        break
        except Failed as error:
            yield error
            rest(max(every, RETRY))


def first_of(found: T | Failed) -> T:
    """Raises it, if it is an error."""
    if isinstance(found, Failed):
        raise found
    return found


def _watch(url: str, shape: Shape, look: Look, every: float) -> None:
    found = looks(url, look, every)
    view = first_of(next(found))
    if shape.json or not sys.stdout.isatty():
        _stream(view, found, shape)
    else:
        _redraw(view, found, every)


def _stream(view: View, found: Iterator[View | Failed], shape: Shape) -> None:
    """For programs: an array a line; or a table after the other."""
    _print_again(view, shape)
    for each in found:
        if isinstance(each, Failed):
            click.echo(f"Error: {each.format_message()}", err=True)
        else:
            _print_again(each, shape)


def _print_again(view: View, shape: Shape) -> None:
    if shape.json:
        table.show_json(view.rows, indent=None)
    else:
        table.show_view(view)
        click.echo()
    sys.stdout.flush()


def _redraw(view: View, found: Iterator[View | Failed], every: float) -> None:
    """On a screen of its own, which is gone afterwards."""
    from rich.live import Live

    console = table.made_console()
    # A screen that is not given back would leave the terminal in disorder.
    with Ending() as ending, Live(console=console, screen=True, auto_refresh=False) as live:
        trouble = ""
        while True:
            live.update(_page(view, every, console.height, trouble), refresh=True)
            with ending.free():
                each = next(found)
            trouble = each.format_message() if isinstance(each, Failed) else ""
            view = view if isinstance(each, Failed) else each


def _page(view: View, every: float, height: int, trouble: str = "") -> Group:
    """As much as fits into `height` lines. `trouble`: why there was nothing newer to show."""
    from rich.console import Group
    from rich.text import Text

    command = click.get_current_context().command_path
    parts = [Text(f"{command} · every {every:g} s · {time.strftime('%H:%M:%S')} · Ctrl-C ends", "dim")]
    if trouble:
        parts.append(Text(harmless(f"{trouble}; what was there before:"), "bold red"))
    if view.note:
        parts.append(Text(harmless(view.note)))
    room = max(1, height - len(parts) - FRAME)
    rest = len(view.cells) - room
    more = [Text(f"… and {rest} more", "dim")] if rest > 0 else []
    return Group(*parts, table.drawn(view.columns, view.cells[:room]), *more)
