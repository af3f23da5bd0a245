"""Rows for people (a table) or for programs (one JSON array, comma-separated values)."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TextIO

import click

from cluster.operator.text import harmless
from cluster.operator.view import View

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.console import Console
    from rich.table import Table

LONGEST = 4000
"""Code points of a cell: fifty rooms have room in it."""
FOLDED = 14
"""Columns of a terminal into which a longer cell may be folded."""
STYLES = {
    "serving": "green",
    "here": "green",
    "ok": "green",
    "away": "yellow",
    "draining": "yellow",
    "full": "yellow",
    "warn": "yellow",
    "degraded": "red",
    "deaf": "red",
    "lost": "bold red",
    "bad": "bold red",
}
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table on stdout. Cells are made harmless first; a pipe gets no colours or frames, nor does a terminal
    that is too narrow for the columns: it breaks the lines by itself."""
    if sys.stdout is not None and sys.stdout.isatty():
        console = made_console()
        if _has_room(columns, rows, console.width):
            console.print(drawn(columns, rows))
            return
    for line in plain(columns, rows):
        click.echo(line)


def _has_room(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether no cell must be folded into so little that nobody can read it."""
    from rich.cells import cell_len

    widest = (max(map(cell_len, column)) for column in zip(columns, *rows, strict=True))
    return sum(min(FOLDED, each) + 1 for each in widest) <= width


def made_console() -> Console:
    """For a terminal on stdout."""
    from rich.console import Console

    return Console(highlight=False, markup=False)


def drawn(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """The table for a terminal, to be printed or drawn again and again."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    headed = any(columns)
    style = box.SIMPLE_HEAD if headed else None
    table = Table(box=style, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", show_header=headed)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(cell, LONGEST), STYLES.get(cell, "")) for cell in row))
    return table


def plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The table for a pipe: a row is one line, however long, for grep; ten thousand take no time."""
    from rich.cells import cell_len

    lines = [[harmless(cell, LONGEST) for cell in row] for row in ([columns, *rows] if any(columns) else rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


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
