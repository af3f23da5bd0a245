"""`hydrachat bench`: what a cluster costs, beside other servers on this machine."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from drill.bench.figures import Result
    from drill.bench.measured import Measured

LANGUAGES = {"c": "C", "python": "Python"}
FAILED, CANNOT = 1, 3
EPILOG = """\b
Examples:
  hydrachat bench                               our own servers, the usual rows
  hydrachat bench --against inspircd,nats        beside others, in turn
  hydrachat bench --rows 1000x4 --runs 5 --json figures.json --page figures.html
  hydrachat bench --rows 100x4,1000x4,4000x4 --against hydrachat-1,hydrachat-3
  hydrachat bench --against raw                 beside a bare loop that sends, and does nothing else
  hydrachat bench --rows rooms-1x3,rooms-10000x3 --runs 1

\b
A row 1000x4 has 1,000 connections to two server processes, all in one room, and 10 more that
speak; each of these has 4 messages of 100 bytes under way, and says the next one when all have
got one of its own. 1000-20/s: 20 messages a second, whatever becomes of them; times count from
when each was due. idle-4000: memory. Redis counts as one of our servers; it syncs each write.
In after: until all were in their rooms, and what that took of the servers' processors.
Rows with other numbers: 100x4, 4000x4, 8000x4, 200x20, 4000x1, 1000x40, 100-20/s, 200-20/s,
4000-20/s, 8000-20/s, idle-8000, idle-16000 (a little over 8,000 and 16,000 file descriptors).

\b
Of our own servers alone, the others skip them:
  publish-100x4, publish-100x16   100 publishers in rooms of three and nobody else; each has 4 or
                                  16 unanswered, and says the next one when one was accepted:
                                  what is accepted counts, and costs
  rooms-1x3, rooms-10000x3        1,000 connections share out the places in one room of three, or
                                  in 10,000; 500 messages a second in these, one after the other;
                                  what all cost before these (at rest) is taken off
  200-20/s+flood, 200-20/s+deaf,  as 200-20/s, and one more client: it says as much as it may, in
  200-20/s+flood-elsewhere        the same room or in one of its own, or it reads nothing; beside
                                  200-20/s: how many times longer the p99 of the others is

\b
Exit codes: 0 ok, 1 a run failed, 2 usage, 3 a program is missing."""


def _split(_: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    from drill.bench.kinds import KINDS
    from drill.bench.rows import ROWS

    allowed = ROWS if param.name == "rows" else KINDS
    names = tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
    for name in names:
        if name not in allowed:
            raise click.BadParameter(f"{name!r} is none of {', '.join(allowed)}", param=param)
    return names


@click.command("bench", epilog=EPILOG, context_settings={"show_default": True})
@click.option(
    "--rows", default="1000x4,200x20,1000x40,1000-20/s,idle-4000", callback=_split, envvar="HYDRACHAT_ROWS",
    metavar="NAMES", help="What to measure, with commas.",
)  # fmt: skip
@click.option(
    "--against", default="", callback=_split, envvar="HYDRACHAT_AGAINST", metavar="NAMES", show_default="nobody",
    help="Others to measure in turn: inspircd, ngircd, nats, socketio, raw, hydrachat-1, hydrachat-3.",
)  # fmt: skip
@click.option("--runs", type=click.IntRange(1, 100), default=3, envvar="HYDRACHAT_RUNS", metavar="N", help="Of each.")
@click.option(
    "--seconds", type=click.FloatRange(0.5, 600), default=4.0, envvar="HYDRACHAT_SECONDS", metavar="S",
    help="Of each run, after a warm-up of a quarter of that.",
)  # fmt: skip
@click.option(
    "--load", type=click.Choice(("auto", *LANGUAGES)), default="auto", envvar="HYDRACHAT_LOAD",
    help="Its language. auto: C where there is a compiler, else Python, which limits the first row.",
)  # fmt: skip
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), envvar="HYDRACHAT_BENCH_JSON",
    metavar="FILE", help="Write all figures there as well.",
)  # fmt: skip
@click.option(
    "--page", "page_file", type=click.Path(dir_okay=False, path_type=Path), envvar="HYDRACHAT_BENCH_PAGE",
    metavar="FILE", help="Draw all figures there: an HTML page.",
)  # fmt: skip
def bench(
    rows: tuple[str, ...],
    against: tuple[str, ...],
    runs: int,
    seconds: float,
    load: str,
    json_file: Path | None,
    page_file: Path | None,
) -> int:
    """Measures deliveries, latency and cost of two nodes, and of other servers in turn."""
    from drill.bench.compiler import CannotCompile
    from drill.bench.page import page
    from drill.bench.report import as_json, table
    from drill.processes.programs import CannotRun

    _allow_descriptors()
    kinds = tuple(dict.fromkeys(("hydrachat", *against)))
    try:
        found, failed = measured(kinds, rows, runs, seconds, _language(load))
    except (CannotRun, CannotCompile) as error:
        click.echo(f"Error: {error}", err=True)
        return CANNOT
    shown = table(found)
    click.echo(shown)
    if json_file:
        json_file.write_text(as_json(found), "utf-8")
    if page_file:
        page_file.write_text(page(found, shown), "utf-8")
    return FAILED if failed else 0


def _language(asked: str) -> str:
    """Raises CannotCompile if C was asked for by name."""
    from drill.bench.compiler import CannotCompile, library

    if asked != "python":
        try:
            library()
        except CannotCompile as error:
            if asked == "c":
                raise
            click.echo(f"the load is in Python: {error}", err=True)
            asked = "python"
        else:
            asked = "c"
    return LANGUAGES[asked]


def measured(
    kinds: Sequence[str], rows: Sequence[str], runs: int, seconds: float, load_in: str = "Python"
) -> tuple[dict[str, dict[str, Result]], bool]:
    """By row, by kind, and whether a run failed, which is told and left out: hours of others are not to be lost for it.
    In turn, so that a machine that grows slow is slow for all. `load_in`: the language of the load. Raises
    CannotRun."""
    from drill.bench.figures import result

    taken: dict[tuple[str, str], list[Measured]] = {}
    failed = False
    for run, kind, row in product(range(1, runs + 1), kinds, rows):
        try:
            one = _run(kind, row, seconds, load_in)
        except (OSError, RuntimeError) as error:
            failed = True
            click.echo(f"Error: run {run} of {runs}: {kind}, {row}: it failed: {error}", err=True)
            continue
        if one is None:
            click.echo(f"{kind} skips {row}: only Hydrachat's own clients can do that", err=True)
            continue
        click.echo(f"run {run} of {runs}: {kind}, {row}: {one.rate:,.0f} deliveries/s", err=True)
        taken.setdefault((row, kind), []).append(one)
    return {row: {kind: result(taken[row, kind]) for kind in kinds if (row, kind) in taken} for row in rows}, failed


def _run(kind: str, row: str, seconds: float, load_in: str) -> Measured | None:
    """None: it has no clients that can do that. New servers for each: nothing that one row has left is in the next
    one's way. Raises CannotRun, OSError, RuntimeError."""
    from drill.bench.kinds import KINDS, running
    from drill.bench.rows import ROWS, measure

    if ROWS[row].is_ours and KINDS[kind].in_rooms is None:
        return None
    limited = ROWS[row].is_limited
    with (
        tempfile.TemporaryDirectory(prefix="hydrachat-bench-") as folder,
        running(kind, Path(folder), limited=limited) as servers,
    ):
        return measure(servers, KINDS[kind], ROWS[row], seconds / 4, seconds, load_in=load_in)


def _allow_descriptors() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
