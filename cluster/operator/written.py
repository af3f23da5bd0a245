"""Entries of a log on stdout: as lines for a person, JSON or comma-separated values. Main thread."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

import click

from cluster.operator import table
from cluster.operator.history import EntryRow
from cluster.operator.shape import Shape
from cluster.operator.spoken import line

Show = Callable[[Sequence[EntryRow]], None]


def shown(shape: Shape, follow: bool) -> Show:
    """What prints entries; it may be called again with those that follow, if `follow`."""
    if shape.json:
        return _objects if follow else table.show_json
    return _rows() if shape.csv else _lines


def _lines(rows: Sequence[EntryRow]) -> None:
    width = max((len(str(row.offset)) for row in rows), default=0)
    for row in rows:
        click.echo(line(row, width))


def _objects(rows: Sequence[EntryRow]) -> None:
    for row in rows:
        click.echo(json.dumps(asdict(row)))
    sys.stdout.flush()


def _rows() -> Show:
    """The header only once."""
    header = itertools.chain([True], itertools.repeat(False))

    def show(rows: Sequence[EntryRow]) -> None:
        table.show_csv(EntryRow, rows, next(header))
        sys.stdout.flush()

    return show
