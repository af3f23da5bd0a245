"""Rows for people (a table) or for programs (one JSON array)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cluster.operator.text import harmless

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WIDE = 200


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table on stdout. Cells are made harmless first; a pipe gets no colours or frames."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))
    Console(width=None if terminal else WIDE, soft_wrap=not terminal).print(table)


def show_json(rows: Sequence[DataclassInstance]) -> None:
    """Prints one JSON array on stdout, an object a row, ASCII only so that nothing can reach a terminal raw."""
    click.echo(json.dumps([asdict(row) for row in rows], indent=2))
