"""`hydrachat drill`: start a cluster, break it, and say with evidence whether a promise was broken."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from drill.settings import LONG, SHORT, DrillSettings

if TYPE_CHECKING:
    from drill.checker import Verdict
    from drill.history import Happening

ALL = "all"
MOST_SEED = 2**31
EPILOG = """\b
Examples:
  hydrachat drill                                   all faults for two minutes
  hydrachat drill --faults kill,pause --minutes 5
  hydrachat drill --seed 7 --redis sentinel         the schedule of seed 7 again, behind Sentinel
  hydrachat drill check drill-…/history.jsonl       judge a saved drill once more

\b
It starts Redis, nodes and HAProxy of its own on free ports. It needs redis-server; without haproxy there
is no balancer, and its faults are not run.
The folder --out gets history.jsonl, report.html and the log of each process.

Each option is also an environment variable: --minutes is HYDRACHAT_MINUTES; only --redis is
HYDRACHAT_DRILL_REDIS, since HYDRACHAT_REDIS is a URL. An option goes before its variable.

\b
Exit codes: 0 all promises kept, 1 a promise was broken, 2 usage, 3 it could not run, or a class
of fault could not be injected here ("not run"), 130 Ctrl-C. That there is no earlier
version to upgrade from is told, and no failure unless --faults names upgrade, or all."""


def _faults(_: click.Context, param: click.Parameter, value: str) -> str:
    from drill.faults import registry  # here, not above: `--help` shall not wait for Redis's library

    names = _split(value)
    if names != (ALL,):
        try:
            registry.named(names)
        except ValueError as error:
            raise click.BadParameter(f"{error}; or write {ALL}", param=param) from None
    if not names:
        raise click.BadParameter(f"name at least one, or write {ALL}", param=param)
    return value


def _split(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))


@click.group("drill", invoke_without_command=True, epilog=EPILOG, context_settings={"show_default": True})
@click.option(
    "--minutes", type=click.FloatRange(0.05, 24 * 60), default=2.0, envvar="HYDRACHAT_MINUTES", metavar="M",
    help="How long the traffic and the faults last.",
)  # fmt: skip
@click.option(
    "--messages", type=click.IntRange(1), envvar="HYDRACHAT_MESSAGES", metavar="N",
    help="Instead of --minutes: until N messages were accepted.",
)  # fmt: skip
@click.option(
    "--faults", default=ALL, callback=_faults, envvar="HYDRACHAT_FAULTS", metavar="NAMES",
    help="Classes of fault with commas, or all.",
)  # fmt: skip
@click.option("--nodes", type=click.IntRange(2, 20), default=3, envvar="HYDRACHAT_NODES", metavar="N", help="Nodes.")
@click.option(
    "--clients", type=click.IntRange(3, 1000), default=20, envvar="HYDRACHAT_CLIENTS", metavar="N",
    help="People who stay from the beginning to the end; some more come and go.",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(1, 10_000), default=200.0, envvar="HYDRACHAT_RATE", metavar="N",
    help="Messages a second that all say together.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, MOST_SEED), envvar="HYDRACHAT_SEED", metavar="S", show_default="drawn and told",
    help="The same seed gives the same schedule of faults.",
)  # fmt: skip
@click.option(
    "--redis", type=click.Choice(["single", "sentinel"]), default="single", envvar="HYDRACHAT_DRILL_REDIS",
    help="One server, or three with three Sentinels.",
)  # fmt: skip
@click.option(
    "--upgrade-from", default="", envvar="HYDRACHAT_UPGRADE_FROM", metavar="REF|DIR",
    show_default="the latest tag, else the last commit but one",
    help="The earlier version for the fault upgrade: a commit of this checkout, or a folder.",
)  # fmt: skip
@click.option("--long", "is_long", is_flag=True, envvar="HYDRACHAT_LONG", help="Leases and pauses as in real life.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), envvar="HYDRACHAT_OUT", metavar="DIR",
    show_default="./drill-DATE-SEED", help="Where everything is kept.",
)  # fmt: skip
@click.pass_context
def drill(
    ctx: click.Context,
    minutes: float,
    messages: int | None,
    faults: str,
    nodes: int,
    clients: int,
    rate: float,
    seed: int | None,
    redis: str,
    upgrade_from: str,
    is_long: bool,
    out: Path | None,
) -> int | None:
    """Starts a cluster, breaks it, and says with evidence whether a promise was broken."""
    if ctx.invoked_subcommand is not None:
        return None
    source = ctx.get_parameter_source("faults")
    seed = random.randrange(MOST_SEED) if seed is None else seed
    settings = DrillSettings(
        out=out or Path(f"drill-{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{seed}"),
        faults=_named(faults, redis, upgrade_from, strictly=source is not ParameterSource.DEFAULT),
        seconds=0.0 if messages else minutes * 60,
        messages=messages or 0,
        nodes=nodes,
        clients=clients,
        rate=rate,
        seed=seed,
        redis=redis,
        times=LONG if is_long else SHORT,
        upgrade_from=upgrade_from,
    )
    return _run(settings)


@drill.command("check")
@click.argument("history", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the page there, too."
)
def check(history: Path, report: Path | None) -> int:
    """Judges a saved history once more: exit code 0 or 1 as for the drill, 3 if it can't be read."""
    from drill.run import Exit, judged

    try:
        happenings, verdict = judged(history, report)
    except (OSError, ValueError) as error:
        click.echo(f"Error: {history}: {error}", err=True)
        return int(Exit.CANNOT)
    _show(happenings, verdict)
    return int(Exit.KEPT if verdict.kept else Exit.BROKEN)


def _named(faults: str, redis: str, upgrade_from: str, strictly: bool) -> tuple[str, ...]:
    """`strictly`: somebody has asked for it, so that what can't be had is no success."""
    from drill.faults import registry
    from drill.processes.former import NONE_FOUND, found

    names = _split(faults)
    if names != (ALL,):
        return names
    has_former = bool(found(upgrade_from))
    if not has_former and not strictly:
        click.echo(f"not run: upgrade: {NONE_FOUND}", err=True)
    return registry.all_for(redis, has_former or strictly)


def _run(settings: DrillSettings) -> int:
    from rich.console import Console

    from drill.run import HISTORY, REPORT, Drill, Exit
    from drill.screen import Screen

    err = Console(stderr=True)
    err.print(f"seed {settings.seed}; everything is kept in {settings.out}", markup=False, highlight=False)
    try:
        with Screen(err) as screen:
            result = Drill(settings, screen).run()
    except OSError as error:
        if isinstance(error, FileExistsError) and str(error.filename) == str(settings.out / HISTORY):
            raise click.UsageError(f"{settings.out} holds a drill already: name another folder with --out") from None
        click.echo(f"Error: the drill could not run: {error}", err=True)
        return int(Exit.CANNOT)
    if result.verdict is not None:
        _show(result.history, result.verdict)
        click.echo(f"{settings.out / REPORT}, {settings.out / HISTORY}")
    for name, why in result.not_run.items():
        click.echo(f"not run: {name}: {why}", err=True)
    if result.trouble:
        click.echo(f"could not run as it should: {result.trouble}", err=True)
    return int(result.exit)


def _show(happenings: Sequence[Happening], verdict: Verdict) -> None:
    from drill.report import summary

    click.echo(summary(verdict, happenings))
