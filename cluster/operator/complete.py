"""Names that the shell completes, read from Redis. Never slow: where Redis does not answer at once there are none.

Importing this imports no redis: `--help` of the commands that use it must not pay for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import click

QUICK = 0.3
"""Seconds for connecting and for each answer of Redis while somebody waits with a finger on Tab."""
MOST = 1000
SAFE, MAX_ASCII = "_-.+@%/", 127
_IN_BASH = os.environ.get("_HYDRACHAT_COMPLETE") == "bash_complete"
Names = Callable[[Any, str], Iterable[str]]


def nodes(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Node ids."""
    return _found(ctx, incomplete, lambda db, prefix: (n.partition("/")[0] for n in db.zrange(prefix + "nodes", 0, -1)))


def nicknames(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Nicknames of those who are on-line, a thousand at most."""
    return _found(ctx, incomplete, lambda db, prefix: db.hscan(prefix + "presence", count=MOST)[1])


def rooms(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Rooms with members, a thousand at most; without the #, if it was not typed: shells take it for a comment. Bash
    puts what we say on the line as it is, the others quote it."""
    found = _found(ctx, "#" + incomplete.removeprefix("#"), _rooms)
    sign = "" if not incomplete.startswith("#") else "\\#" if _IN_BASH else "#"
    return [sign + room.removeprefix("#") for room in found]


def banned(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """What is banned, a thousand at most; nicknames in lower case."""

    def names(db: Any, prefix: str) -> Iterable[str]:
        return [name.partition(":")[2] for name in db.zrange(prefix + "bans", 0, MOST)]

    return _found(ctx, incomplete, names)


def registered(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Registered nicknames in lower case, a thousand at most."""
    return _found(ctx, incomplete, lambda db, prefix: db.hscan(prefix + "accounts", count=MOST)[1].values())


def _rooms(db: Any, prefix: str) -> Iterable[str]:
    return list(db.sscan(prefix + "rooms", count=MOST)[1])


def _found(ctx: click.Context, incomplete: str, names: Names) -> list[str]:
    from cluster.operator.connect import connect
    from cluster.operator.near import folded
    from cluster.operator.options import DEFAULT_PREFIX
    from cluster.operator.url import BASE_PORT, resolve

    given = ctx.params
    try:
        url = resolve(given.get("url"), given.get("port") or BASE_PORT)
        with connect(url, QUICK) as client:
            found = set(names(client, given.get("prefix") or DEFAULT_PREFIX))
    except (click.ClickException, ValueError):
        return []
    return sorted(name for name in found if is_safe(name) and folded(name).startswith(folded(incomplete)))


def is_safe(name: str) -> bool:
    """Whether a shell takes it for a word and nothing else: what is completed stands on a command line that a person is
    about to enter, and people choose their nicknames themselves."""
    return all(c.isalnum() or c in SAFE or (ord(c) > MAX_ASCII and c.isprintable()) for c in name.removeprefix("#"))
