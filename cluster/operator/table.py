"""Rows for people (a table) or for programs (one JSON array, comma-separated values)."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TextIO

import click

from cluster.operator.text import harmless
from cluster.operator.view import View

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.console import Console
    from rich.table import Table

WIDE = 10_000
"""Columns of a pipe: one row must stay one line, for grep."""
LONGEST = 4000
"""Code points of a cell: fifty rooms have room in it."""
STYLES = {
    "serving": "green",
    "here": "green",
    "ok": "green",
    "away": "yellow",
    "draining": "yellow",
    "warn": "yellow",
    "degraded": "red",
    "deaf": "red",
    "lost": "bold red",
    "bad": "bold red",
}
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table on stdout. Cells are made harmless first; a pipe gets no colours or frames."""
    console = made_console()
    console.print(drawn(columns, rows, console.is_terminal))


def made_console() -> Console:
    """For stdout."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(width=None if terminal else WIDE, soft_wrap=not terminal, highlight=False, markup=False)


def drawn(columns: Sequence[str], rows: Sequence[Sequence[str]], terminal: bool) -> Table:
    """The table, to be printed or drawn again and again."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    headed = any(columns)
    style = box.SIMPLE_HEAD if terminal and headed else None
    table = Table(box=style, pad_edge=False, header_style="bold", show_header=headed)
    for column in columns:
        table.add_column(column, no_wrap=not terminal, overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(cell, LONGEST), STYLES.get(cell, "")) for cell in row))
    return table


def show_json(rows: Sequence[DataclassInstance], indent: int | None = 2) -> None:
    """Prints one JSON array on stdout, an object a row, ASCII only so that nothing can reach a terminal raw.
    `indent` None: on one line."""
    click.echo(json.dumps([asdict(row) for row in rows], indent=indent))


def show_csv(kind: type[DataclassInstance], rows: Sequence[DataclassInstance], header: bool = True) -> None:
    """Prints the rows, all of `kind`, on stdout as comma-separated values."""
    write_csv(sys.stdout, kind, rows, header)


def write_csv(
    out: TextIO, kind: type[DataclassInstance], rows: Sequence[DataclassInstance], header: bool = True
) -> None:
    """A line a row, in quotes where it must be, ending in a line feed; in front of them the names of the fields."""
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(field.name for field in fields(kind))
    writer.writerows([csv_cell(getattr(row, field.name)) for field in fields(kind)] for row in rows)


def csv_cell(value: Any) -> str | int | float:
    """`value` as it stands in one cell. Text of others can't be a formula there: a spreadsheet would carry it out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    lines = "\n".join(harmless(line, len(line)) for line in text.split("\n"))
    return f"'{lines}" if lines.lstrip().startswith(FORMULA) else lines


def show_view(view: View) -> None:
    """Prints it on stdout as a table."""
    if view.note:
        click.echo(harmless(view.note))
    show(view.columns, view.cells)
