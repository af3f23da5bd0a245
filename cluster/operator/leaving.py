"""`hydrachat drain` and `hydrachat restart-all`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cluster.drains import LONGEST
from cluster.operator import complete, options
from cluster.operator.errors import Failed
from cluster.operator.url import resolve

EXIT = "\n\nExit codes: 0 ok, 1 refused or failed, 2 usage or setting, 3 Redis unreachable."
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
F = TypeVar("F", bound=Callable[..., Any])


class _Duration(click.ParamType[float]):
    name = "TIME"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if not isinstance(value, str):
            return float(value)
        number = value.strip().rstrip("ms")
        try:
            seconds = float(number) * UNITS[value.strip()[len(number) :] or "s"]
        except (ValueError, KeyError):
            seconds = -1.0
        if not 0 <= seconds <= LONGEST:
            self.fail(f"{value!r} is not allowed; write a time from 0 to {LONGEST:g} s, as in 20s or 2m", param, ctx)
        return seconds


def how(command: F) -> F:
    """`--over` and `--force`."""
    over = click.option(
        "--over",
        type=_Duration(),
        metavar="TIME",
        envvar="HYDRACHAT_OVER",
        show_envvar=True,
        help="Time over which a node's clients are told to move, as in 20s.  [default: a second for each ten "
        "clients, at most 20s]",
    )
    force = click.option(
        "--force",
        is_flag=True,
        envvar="HYDRACHAT_FORCE",
        show_envvar=True,
        help="Also where no other node is ready: its clients wait until one is.",
    )
    return over(force(command))


@click.command(epilog="\b\nExamples:\n  hydrachat drain n1\n  hydrachat drain n1 --over 2m" + EXIT)
@click.argument("node", shell_complete=complete.nodes)
@how
@options.where
def drain(node: str, over: float | None, force: bool, url: str | None, port: int, prefix: str) -> None:
    """Take NODE out of service: its clients are sent to the other nodes, then it ends.

    The node takes no new clients from now on, and tells each that it has where to go and when: spread
    over the ready nodes by their load, paced over the time given. Who is left after
    that and 5 seconds more is closed, and resumes by itself. Nobody is told that anybody left. Without another node
    that is ready it refuses.

    The process ends with exit code 0. A supervisor that starts whatever ends must be told by its own
    means; `hydrachat up` leaves the node down until `hydrachat restart-all`.
    """
    from cluster.operator import drain as draining
    from cluster.operator.connect import connect

    with connect(resolve(url, port)) as client:
        draining.drain(client, prefix, node, over, force, click.echo)


@click.command(epilog="\b\nExamples:\n  hydrachat restart-all\n  hydrachat restart-all --port 8800 --over 10s" + EXIT)
@how
@options.base_port("Base port of the `hydrachat up` whose nodes to restart.")
def restart_all(over: float | None, force: bool, port: int) -> None:
    """Restart every node of the `hydrachat up` on this machine, one after the other.

    Each is drained as by `hydrachat drain`, started again by `up`, and waited for: the next one is
    drained once it is ready and the others have heard of it. Stops at the first that does not come
    back. Nodes that were drained before are started first.
    """
    from cluster.operator import rolling
    from cluster.operator.connect import connect
    from cluster.up import bell

    up = bell.find(port)
    if up is None:
        raise Failed(f"no `hydrachat up` with base port {port} runs on this machine (--port or HYDRACHAT_BASE_PORT)")
    with connect(resolve(None, port)) as client:
        rolling.restart_all(client, options.DEFAULT_PREFIX, up, over, force, click.echo)
