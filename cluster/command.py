"""The commands of this package: `up`, `nodes`, `who`, `rooms`, `top`, `drain`, `restart-all`, `redis-cli`. Importing it
does not import redis; each command imports what it needs when it runs."""

from __future__ import annotations

import click

from cluster.operator.command import nodes, redis_cli, rooms, who
from cluster.operator.leaving import drain, restart_all
from cluster.top.command import top
from cluster.up.command import up

__all__ = ["cluster", "drain", "nodes", "redis_cli", "restart_all", "rooms", "top", "up", "who"]


@click.group(epilog="Example: python -m cluster up --nodes 5")
def cluster() -> None:
    """Start a cluster on this machine, and look into a running one."""


for _command in (up, nodes, who, rooms, top, drain, restart_all, redis_cli):
    cluster.add_command(_command)
