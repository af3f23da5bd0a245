"""A benchmark's figures for people and for programs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from io import StringIO

import msgspec
from rich.console import Console
from rich.table import Table

from drill.bench.figures import OURS, Result, Spread, ratios, share

Found = Mapping[str, Mapping[str, Result]]
WIDTH = 120
SHARES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)


def table(found: Found) -> str:
    """Medians, with the least and the most of the runs."""
    out = Console(file=StringIO(), width=WIDTH, color_system=None, highlight=False)
    made = Table("row", "servers", "deliveries/s", "ours are", "µs each", "p50 / p99", "KiB a connection", "load",
                 box=None, pad_edge=False)  # fmt: skip
    for row, results in found.items():
        times = ratios(results)
        for kind, each in results.items():
            made.add_row(row, kind, *_cells(each, "" if kind == OURS else f"x {times.get(kind, 0):.2f}"))
    out.print(made)
    assert isinstance(out.file, StringIO)
    return "\n".join(line.rstrip() for line in out.file.getvalue().splitlines())


def _cells(each: Result, times: str) -> tuple[str, ...]:
    quiet = not each.rate.middle
    lost = f", {each.lost:,} lost" if each.lost else ""
    return (
        "-" if quiet else _all(each.rate, lambda value: f"{value:,.0f}") + lost,
        "" if quiet else times,
        "-" if quiet else f"{each.cost.middle:.2f}",
        f"{1000 * each.p50.middle:.1f} / {1000 * each.p99.middle:.1f} ms" if each.p50.middle else "-",
        _all(each.memory, lambda value: f"{value / 1024:.1f}") if quiet else "-",
        f"{each.load.middle:.2f}",
    )


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
