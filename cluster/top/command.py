"""`hydrachat top`."""

from __future__ import annotations

import os
import sys

import click

from cluster.operator import options
from cluster.operator.url import resolve, without_password

VIEWS = ("nodes", "rooms", "users")


@click.command(
    epilog="\b\nExamples:\n  hydrachat top\n  hydrachat top --interval 1 --view users\n"
    "  hydrachat top --json | jq '.nodes[] | select(.state != \"serving\") | .node'"
    "\n\nExit codes: 0 ok, 2 usage or setting, 3 Redis unreachable (--once, --json)."
)
@click.option(
    "--interval",
    type=click.FloatRange(0.5, 60),
    default=2.0,
    show_default=True,
    envvar="HYDRACHAT_INTERVAL",
    show_envvar=True,
    metavar="SECONDS",
    help="Time between two looks.",
)
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    default="nodes",
    show_default=True,
    envvar="HYDRACHAT_VIEW",
    show_envvar=True,
    help="What to list first.",
)
@click.option(
    "--once",
    is_flag=True,
    envvar="HYDRACHAT_ONCE",
    show_envvar=True,
    help="Print what there is as plain text, and end; so it does where there is no terminal.",
)
@options.where
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="HYDRACHAT_JSON",
    show_envvar=True,
    help="The same as --once as one JSON object.",
)
def top(interval: float, view: str, once: bool, url: str | None, port: int, prefix: str, as_json: bool) -> int:
    """Watch the cluster: nodes, rooms and users, live.

    Reads Redis and each living node's /metrics. Works while nodes are down or Redis is away, says so, and
    goes on by itself when they are back. What a node does not tell is a dash. Press ? there for all
    keys; d drains a node.

    Rates need two looks: --once and --json take one interval.

    \b
    JSON fields: cluster (clients, said, out, p50, p99, redis), store (of
    Redis), nodes, and rooms or users with --view. Rates are each second,
    times seconds, sizes bytes; null: not known.
    """
    address = resolve(url, port)
    if once or as_json or not is_screen():
        from cluster.top.once import run

        return run(address, prefix, interval, view, as_json)
    from cluster.top.front import show

    return show(address, without_password(address), prefix, interval, view)


def is_screen() -> bool:
    """Whether there is a terminal that a screen can be painted on."""
    terminals = all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    return terminals and os.environ.get("TERM", "") not in ("", "dumb")
