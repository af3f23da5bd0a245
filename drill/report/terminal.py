"""The summary for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from drill.checker import Verdict
from drill.history import Happening
from drill.report.figures import Figures, Spread, figures
from drill.report.wording import facts, judgement, span

WIDTH = 100
FIRST = 20


def summary(verdict: Verdict, history: Sequence[Happening]) -> str:
    """Plain text, lines of up to 100 columns."""
    found = figures(history)
    out = Console(file=StringIO(), width=WIDTH, color_system=None, highlight=False, emoji=False)
    out.print(_faults(found))
    out.print(_times(found))
    for what, number in facts(verdict):
        out.print(f"{number:>12}  {what}", markup=False)
    _violations(out, verdict, found)
    out.print(judgement(verdict), markup=False)
    file = out.file
    assert isinstance(file, StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _faults(found: Figures) -> Table:
    table = Table("fault", "times", "not run because", box=None, pad_edge=False)
    for name, n in sorted(found.classes.items()):
        table.add_row(Text(name), f"{n}", "")
    for name, why in found.not_run:
        table.add_row(Text(name), "-", Text(why))
    table.add_row("all", f"{len(found.faults)}", "")
    return table


def _times(found: Figures) -> Table:
    table = Table("", "count", "p50", "p99", "max", box=None, pad_edge=False)
    rows: list[tuple[str, Spread]] = [
        ("said to accepted", found.accepted),
        ("said to shown", found.received),
        ("failover, as clients saw it", found.failover),
    ]
    for name, spread in rows:
        table.add_row(
            name, f"{len(spread.values):,}", span(spread.at(0.5)), span(spread.at(0.99)), span(spread.longest)
        )
    return table


def _violations(out: Console, verdict: Verdict, found: Figures) -> None:
    for rule, n in sorted(verdict.totals.items()):
        out.print(f"BROKEN {rule}: {n:,}", markup=False)
    for violation in verdict.broken[:FIRST]:
        beside = ", ".join(sorted({fault.name for fault in found.beside(violation.at)}))
        where = f" [{beside}]" if beside else ""
        at = max(0.0, violation.at - found.start)
        out.print(f"  {at:8.1f} s  {violation.rule}: {violation.text}{where}", markup=False, soft_wrap=True)
    if len(verdict.broken) > FIRST:
        out.print("  … the report lists more", markup=False)
