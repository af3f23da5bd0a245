"""`hydrachat nodes`, `who`, `rooms`, `sessions` and `redis-cli`."""

from __future__ import annotations

import click

from cluster.operator import complete, options
from cluster.operator.shape import Shape, Watching, shaped
from cluster.operator.url import resolve

EXIT = "\n\nExit codes: 0 ok, 2 usage or setting, 3 Redis unreachable, 130 Ctrl-C."
FOUND = EXIT.replace("0 ok,", "0 ok, 1 not found,")


@click.command(
    cls=Watching,
    epilog="\b\nExamples:\n  hydrachat nodes\n  hydrachat nodes --watch\n"
    "  hydrachat nodes --json | jq '.[] | select(.alive | not)'" + EXIT,
)
@options.where
@shaped
def nodes(url: str | None, port: int, prefix: str, shape: Shape) -> None:
    """List the nodes of the cluster.

    Reads Redis, so it works while every node is down. A node whose last heartbeat is older than
    the lease is shown as lost, whatever it last said; or as stopped, if it left in order and
    sessions of it still have their grace.

    \b
    JSON fields: node, boot (id of this run), address, http, state (what the
    node last said), version, clients (number), alive (true or false), age
    (seconds since its last heartbeat), pid, host, started (Unix ms).
    """
    from cluster.operator import present, views

    present.present(resolve(url, port), shape, lambda client: views.nodes(client, prefix))


@click.command(
    cls=Watching,
    epilog="\b\nExamples:\n  hydrachat who\n  hydrachat who alice\n  hydrachat who --json | jq -r '.[].nick'" + FOUND,
)
@click.argument("nick", required=False, shell_complete=complete.nicknames)
@options.where
@shaped
def who(nick: str | None, url: str | None, port: int, prefix: str, shape: Shape) -> None:
    """List who is on-line, and where; or all that is known of NICK.

    State: here (connected), away (its connection broke; it has until the end of its grace to come
    back), or lost (so is its node; in JSON this is "here").

    \b
    JSON fields: nick, node, state (here or away), since (Unix ms), until (end
    of grace in Unix ms, 0 when here), rooms (array), address, session, boot
    (of the node). With NICK an array of one, also: connected (Unix ms), said
    (messages), waiting (unacknowledged in its inbox), alive (is its node?),
    client (the program), gone (away by choice) and gone_text (what it says).
    """
    from cluster.operator import person, present, views

    present.present(
        resolve(url, port),
        shape,
        lambda client: person.view(client, prefix, nick) if nick else views.who(client, prefix),
    )


@click.command(
    cls=Watching,
    epilog="\b\nExamples:\n  hydrachat rooms\n  hydrachat rooms --json | jq -r '.[].room'" + EXIT,
)
@options.where
@shaped
def rooms(url: str | None, port: int, prefix: str, shape: Shape) -> None:
    """List the rooms and how many are in them.

    \b
    JSON fields: room, members (number), top (offset of the newest entry of
    its log), epoch (the life of the log that the offset belongs to), entries
    (how many the log still holds), last (Unix ms of the newest one), topic,
    owner (nickname, empty: nobody), guards (array of invite, key, private,
    topic).
    """
    from cluster.operator import present, views

    present.present(resolve(url, port), shape, lambda client: views.rooms(client, prefix))


@click.command(
    cls=Watching,
    epilog="\b\nExamples:\n  hydrachat sessions n1\n  hydrachat sessions n1 --csv | cut -d, -f1" + FOUND,
)
@click.argument("node", shell_complete=complete.nodes)
@options.where
@shaped
def sessions(node: str, url: str | None, port: int, prefix: str, shape: Shape) -> None:
    """List what NODE holds: the sessions of its clients.

    Also of a node that is lost: those that are away have until the end of their grace to come back
    elsewhere, those that are here still were not given up yet.

    \b
    JSON fields: those of `hydrachat who`.
    """
    from cluster.operator import present, views

    present.present(resolve(url, port), shape, lambda client: views.sessions(client, prefix, node))


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
