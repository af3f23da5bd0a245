"""`hydrachat history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cluster.operator import complete, options
from cluster.operator.command import FOUND
from cluster.operator.shape import as_csv, checked
from cluster.operator.url import resolve

if TYPE_CHECKING:
    from cluster.operator.follow import Following
    from cluster.operator.written import Show

MOST = 10_000
STAY = 5.0
"""Seconds for which a follower keeps a connection, before he asks again where the master is."""


@click.command(
    epilog="\b\nExamples:\n  hydrachat history '#lobby'\n  hydrachat history ops --limit 200 --before 4711\n"
    "  hydrachat history ops --follow\n  hydrachat history ops --follow --json | jq -r .text" + FOUND,
)
@click.argument("room", required=False, shell_complete=complete.rooms)
@click.option(
    "--limit",
    type=click.IntRange(0, MOST),
    default=50,
    show_default=True,
    envvar="HYDRACHAT_LIMIT",
    show_envvar=True,
    metavar="N",
    help="The last so many entries.",
)
@click.option(
    "--before",
    type=click.IntRange(1),
    envvar="HYDRACHAT_BEFORE",
    show_envvar=True,
    metavar="OFFSET",
    help="Of those in front of this offset.  [default: up to the newest]",
)
@click.option(
    "--follow",
    "-f",
    is_flag=True,
    envvar="HYDRACHAT_FOLLOW",
    show_envvar=True,
    help="Go on with what comes, until Ctrl-C.",
)
@options.where
@options.as_json
@as_csv
def history(
    room: str | None,
    limit: int,
    before: int | None,
    follow: bool,
    url: str | None,
    port: int,
    prefix: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show what was said in ROOM, and who came and went.

    Reads the room's log in Redis. A room's # may be left out. Direct messages can't be shown: an inbox is for its owner
    alone. With --follow --json each entry is an object on a line of its own.

    \b
    JSON fields: room, epoch (the life that the offset belongs to), offset,
    time (Unix ms), kind (message, joined, left, topic, gap), nick, text (of a
    left: why; of a gap: which life and offsets are lost), session, n (number
    of the message in its session), late (it was lost, and came back after
    others), was (places in former lives, an array).
    """
    from cluster.operator.connect import connect
    from cluster.operator.history import epoch_of, named, newest
    from cluster.operator.written import shown

    if not room:
        raise click.UsageError("no room is named; in a shell # begins a comment: write '#lobby', or lobby")
    if follow and before:
        raise click.UsageError("--follow and --before can't be had together: what comes has no end to count from")
    shape, where = checked(as_json, as_csv), resolve(url, port)
    with connect(where) as client:
        name = named(client, prefix, room)
        epoch = epoch_of(client, prefix, name)
        rows = newest(client, prefix, name, max(limit, 1), before or 0)
    show = shown(shape, follow)
    show(rows if limit else [])
    if follow:
        from cluster.operator.follow import Following

        _follow(where, Following(prefix, name, epoch, rows[-1].offset if rows else 0), show)


def _follow(url: str, following: Following, show: Show) -> None:
    """Until Ctrl-C. Redis's absences are told on stderr, once each."""
    from cluster.operator.errors import Failed
    from cluster.operator.present import looks

    away = False
    for found in looks(url, following.more, 0.0, STAY):
        if not isinstance(found, Failed):
            show(found)
        elif not away:
            click.echo(f"Error: {found.format_message()}; trying again", err=True)
        away = isinstance(found, Failed)
