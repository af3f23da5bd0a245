"""A benchmark's figures for people and for programs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from io import StringIO

import msgspec
from rich.console import Console
from rich.table import Table

from drill.bench.figures import OURS, Result, Spread, factor, ratios, share
from drill.bench.rows import ROWS

Found = Mapping[str, Mapping[str, Result]]
WIDTH = 180
SHARES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)


def table(found: Found) -> str:
    """Medians, with the least and the most of the runs. `load`: cores that it took, and its language.
    `Redis stood`: it was busy with one write for so long, in one of the runs, which holds up all that is said.
    `in after`: all were in their rooms, and what that took of the servers' processors. `at rest`: while nobody says
    anything."""
    out = Console(file=StringIO(), width=WIDTH, color_system=None, highlight=False)
    made = Table("row", "servers", "deliveries/s", "ours are", "µs each", "p50 / p99", "KiB a connection", "load",
                 "in after (processor)", "at rest", box=None, pad_edge=False)  # fmt: skip
    for row, results in found.items():
        times = ratios(results)
        for kind, each in results.items():
            ratio = "" if kind == OURS else f"x {times.get(kind, 0):.2f}"
            made.add_row(row, kind, *_cells(each, _unit(row), ratio, factor(found, row, kind)))
    out.print(made)
    assert isinstance(out.file, StringIO)
    return "\n".join(line.rstrip() for line in out.file.getvalue().splitlines())


def _unit(row: str) -> str:
    return " accepted" if row in ROWS and ROWS[row].counts_accepted else ""


def _cells(each: Result, unit: str, ratio: str, longer: float) -> tuple[str, ...]:
    quiet = not each.rate.middle
    lost = f", {each.lost:,} lost" if each.lost else ""
    return (
        "-" if quiet else _all(each.rate, lambda value: f"{value:,.0f}") + unit + lost,
        "" if quiet else ratio,
        "-" if quiet else f"{each.cost.middle:.2f}",
        _latency(each, longer),
        _all(each.memory, lambda value: f"{value / 1024:.1f}") if quiet else "-",
        f"{each.load.middle:.2f} {each.load_in}",
        f"{each.entering.middle:.1f} s ({each.entering_cost.middle:.1f} s)",
        f"{each.resting.middle:.2f} cores" if each.resting.middle else "-",
    )


def _latency(each: Result, longer: float) -> str:
    if not each.p50.middle:
        return "-"
    times = f"{1000 * each.p50.middle:.1f} / {1000 * each.p99.middle:.1f} ms"
    notes = [f"x {longer:.2f}"] if longer else []
    if each.stood.most > each.p50.middle:
        notes.append(f"Redis stood for {1000 * each.stood.most:.0f} ms")
    return f"{times} ({', '.join(notes)})" if notes else times


def _all(spread: Spread, shown: Callable[[float], str]) -> str:
    return f"{shown(spread.middle)} ({shown(spread.least)} - {shown(spread.most)})"


def as_json(found: Found) -> str:
    """By row, by kind: all figures with their spread. Seconds, bytes, µs a delivery."""
    plain = {row: {kind: _plain(each) for kind, each in results.items()} for row, results in found.items()}
    return msgspec.json.format(msgspec.json.encode(plain)).decode() + "\n"


def _plain(each: Result) -> dict[str, object]:
    words = asdict(each)
    words["times"] = {f"p{100 * part:g}": share(each.times, part) for part in SHARES} if each.times else {}
    return words
