"""`hydrachat nodes`, `who`, `rooms` and `redis-cli`."""

from __future__ import annotations

import time

import click

from cluster.operator import options
from cluster.operator.url import resolve

EXIT = "\n\nExit codes: 0 ok, 2 usage or setting, 3 Redis unreachable."


@click.command(
    epilog="\b\nExamples:\n  hydrachat nodes\n  hydrachat nodes --json | jq '.[] | select(.alive | not)'" + EXIT
)
@options.where
@options.as_json
def nodes(url: str | None, port: int, prefix: str, as_json: bool) -> None:
    """List the nodes of the cluster.

    Reads Redis, so it works while every node is down. A node whose last heartbeat is older than
    the lease is shown as lost, whatever it last said.

    \b
    JSON fields: node, boot (id of this run), address, http, state (what the
    node last said), version, clients (number), alive (true or false), age
    (seconds since its last heartbeat), pid, host, started (Unix ms).
    """
    from cluster.operator import read, table
    from cluster.operator.connect import connect

    with connect(resolve(url, port)) as client:
        rows = read.nodes(client, prefix)
    if as_json:
        return table.show_json(rows)
    cells = [
        (r.node, r.address, r.state if r.alive else "lost", str(r.clients), f"{r.age:.1f} s", r.version, r.http)
        for r in rows
    ]
    return table.show(("node", "address", "state", "clients", "heartbeat", "version", "http"), cells)


@click.command(
    epilog="\b\nExamples:\n  hydrachat who\n  hydrachat who --json | jq -r '.[].nick'" + EXIT,
)
@options.where
@options.as_json
def who(url: str | None, port: int, prefix: str, as_json: bool) -> None:
    """List who is on-line, and where.

    State: here (connected), or away (its connection broke; it has until the end of its grace to
    come back).

    \b
    JSON fields: nick, node, state (here or away), since (Unix ms), until (end
    of grace in Unix ms, 0 when here), rooms (array), address, session.
    """
    from cluster.operator import read, table
    from cluster.operator.connect import connect

    with connect(resolve(url, port)) as client:
        rows = read.sessions(client, prefix)
    if as_json:
        return table.show_json(rows)
    cells = [(r.nick, r.node, r.state, clock(r.since), " ".join(r.rooms), r.address) for r in rows]
    return table.show(("nick", "node", "state", "since", "rooms", "address"), cells)


@click.command(
    epilog="\b\nExamples:\n  hydrachat rooms\n  hydrachat rooms --json | jq -r '.[].room'" + EXIT,
)
@options.where
@options.as_json
def rooms(url: str | None, port: int, prefix: str, as_json: bool) -> None:
    """List the rooms and how many are in them.

    \b
    JSON fields: room, members (number), top (offset of the newest entry of
    its log), epoch (the life of the log that the offset belongs to).
    """
    from cluster.operator import read, table
    from cluster.operator.connect import connect

    with connect(resolve(url, port)) as client:
        rows = read.rooms(client, prefix)
    if as_json:
        return table.show_json(rows)
    return table.show(("room", "members", "top"), [(r.room, str(r.members), str(r.top)) for r in rows])


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="\b\nExamples:\n  hydrachat redis-cli HGETALL '{hydrachat}:presence'\n"
    "  hydrachat redis-cli XREVRANGE '{hydrachat}:room:#lobby:log' + - COUNT 5\n"
    "  hydrachat redis-cli --redis redis://10.0.0.5/0 PING" + EXIT,
)
@options.redis_url("Redis to talk to.  [default: that of `hydrachat up` on this machine]")
@options.base_port("Base port of the `hydrachat up` to look at, when --redis is not given.")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def redis_cli(url: str | None, port: int, args: tuple[str, ...]) -> int:
    """Talk to the cluster's Redis.

    Runs redis-cli or valkey-cli where one is installed, with ARGS passed through untouched; else a
    small one of our own that sends ARGS as one command, or each line of its input.
    --redis and --port must stand before ARGS.
    """
    from cluster.operator import cli

    return cli.run(resolve(url, port), args)


def clock(ms: int) -> str:
    """Unix ms as local date and time; a dash when unknown."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000)) if ms > 0 else "-"
