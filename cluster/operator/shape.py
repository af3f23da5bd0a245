"""`--json`, `--csv` and `--watch`: how a command shows what it found."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, TypeVar

import click

from cluster.operator import options

F = TypeVar("F", bound=Callable[..., Any])
WATCH, EVERY = "--watch", 2.0


@dataclass(frozen=True, slots=True)
class Shape:
    """At most one of `json` and `csv`; neither: a table. `every`: seconds between looks; None: one look."""

    json: bool = False
    csv: bool = False
    every: float | None = None


class Watching(click.Command):
    """A command whose `--watch` may stand without its seconds in front of an argument: `who --watch alice`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_seconds(args))


def with_seconds(args: Sequence[str]) -> list[str]:
    """`args`, the value of each `--watch` written out that has none."""
    given: list[str] = []
    for word, following in zip(args, [*args, ""][1:], strict=True):
        bare = word == WATCH and "--" not in given and not _is_number(following)
        given.append(f"{WATCH}={EVERY:g}" if bare else word)
    return given


def _number(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """For click "nan" is within every range."""
    if value is not None and isnan(value):
        raise click.BadParameter(f"{value} is not in the range", ctx, param)
    return value


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def shaped(command: F) -> F:
    """All three, which the command gets as `shape`."""

    @functools.wraps(command)
    def call(*args: Any, as_json: bool, as_csv: bool, every: float | None, **others: Any) -> Any:
        return command(*args, shape=checked(as_json, as_csv, every), **others)

    watch = click.option(
        WATCH,
        "every",
        type=click.FloatRange(0.1, 3600),
        callback=_number,
        metavar="[SECONDS]",
        envvar="HYDRACHAT_WATCH",
        show_envvar=True,
        help=f"Look again and again, every {EVERY:g} s unless it says otherwise, until Ctrl-C.",
    )
    wrapped: Any = options.as_json(as_csv(watch(call)))
    return wrapped  # type: ignore[no-any-return]


def as_csv(command: F) -> F:
    """`--csv`."""
    return click.option(
        "--csv",
        "as_csv",
        is_flag=True,
        envvar="HYDRACHAT_CSV",
        show_envvar=True,
        help="Comma-separated values with a header instead of a table: the fields of --json.",
    )(command)


def checked(as_json: bool, as_csv: bool, every: float | None = None) -> Shape:
    """Raises UsageError for what does not go together."""
    if as_json and as_csv:
        raise click.UsageError("--json and --csv can't be had together; choose one")
    if as_csv and every is not None:
        raise click.UsageError("--csv and --watch can't be had together; --json --watch prints one array a line")
    return Shape(as_json, as_csv, every)
