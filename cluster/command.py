"""The commands of this package: `up`, and those of the operator. Importing it does not import redis; each command
imports what it needs when it runs."""

from __future__ import annotations

import click

from cluster.operator.announcing import announce
from cluster.operator.barring import ban, bans, unban
from cluster.operator.command import nodes, redis_cli, rooms, sessions, who
from cluster.operator.doctor.command import doctor
from cluster.operator.kicking import kick
from cluster.operator.leaving import drain, restart_all
from cluster.operator.past import history
from cluster.operator.registering import accounts, register, unregister
from cluster.operator.rooming import room
from cluster.operator.topics import topic
from cluster.top.command import top
from cluster.up.command import up

__all__ = [
    "accounts",
    "announce",
    "ban",
    "bans",
    "cluster",
    "doctor",
    "drain",
    "history",
    "kick",
    "nodes",
    "redis_cli",
    "register",
    "restart_all",
    "room",
    "rooms",
    "sessions",
    "top",
    "topic",
    "unban",
    "unregister",
    "up",
    "who",
]


@click.group(epilog="Example: python -m cluster up --nodes 5")
def cluster() -> None:
    """Start a cluster on this machine, and look into a running one."""


for _command in (
    up, nodes, who, rooms, history, sessions, doctor, drain, restart_all, kick, ban, unban, bans, announce, topic,
    accounts, register, unregister, top, redis_cli,
):  # fmt: skip
    cluster.add_command(_command)
