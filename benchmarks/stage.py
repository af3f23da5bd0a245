"""Sessions in rooms, as two nodes would have brought them there, without a node: for what speaks to Redis alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from cluster.calls import Caller
from cluster.keys import Keys
from cluster.link import Link, server_identity
from cluster.settings import DEFAULT_PREFIX, SCHEMA, ClusterSettings
from cluster.term import Standing, new_boot, new_nonce
from drill.bench.peer import Places

NODES = ("n1", "n2")
LEASE = 3600.0
"""Seconds: nobody beats here."""
WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Role:
    session: str
    claim: str
    room: str


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """What is at one node."""

    caller: Caller
    roles: list[Role]


def furnished(url: str, places: Places) -> list[Cast]:
    """The connections of `places`, each in its first room, at the nodes in turn. Raises ClusterError."""
    return [_furnish(url, node, places) for node in range(len(NODES))]


def _furnish(url: str, node: int, places: Places) -> Cast:
    settings = ClusterSettings(NODES[node], url, lease=LEASE)
    standing = Standing(settings, new_boot())
    caller = Caller(standing, Keys(settings.prefix))
    with _opened(url) as link:
        caller.load_scripts(link)
        reply = caller.call(link, "recover", [server_identity(link), new_nonce(), SCHEMA, ""])
        standing.term = reply[1].decode()
        caller.call(link, "register", [0, "", 0])
        numbers = range(node, places.connections, len(NODES))
        return Cast(caller, [_enter(caller, link, number, places.of(number)[0]) for number in numbers])


def _enter(caller: Caller, link: Link, number: int, room: str) -> Role:
    role = Role(f"session-of-{number:011}", f"claim{number:05}", room)
    nick = f"b1x{number}"
    replies = caller.call_all(
        link,
        [
            ("claim", [role.session, role.claim, nick, nick, "token", "127.0.0.1:1", "", "", "", "", ""]),
            ("join", [role.session, role.claim, room, "join", 2, 1_000_000, 1_000_000, ""]),
            ("leave", [role.session, role.claim, "#lobby", "leave"]),
        ],
    )
    assert [reply[0] for reply in replies] == [b"ok"] * 3, replies
    return role


def check(url: str, said: Mapping[Cast, tuple[int, int]]) -> None:
    """Each session's n is at least what was answered, at most what was asked. Raises AssertionError."""
    keys = Keys(DEFAULT_PREFIX)
    with redis.Redis.from_url(url) as server:
        for cast, (least, most) in said.items():
            for role in cast.roles:
                taken = int(server.hget(keys.session(role.session), "n") or 0)
                assert least <= taken <= most, f"of {least} to {most} that {role.session} said {taken} were taken"


@contextmanager
def _opened(url: str) -> Iterator[Link]:
    link = Link(url, WITHIN, "stage")
    link.open()
    try:
        yield link
    finally:
        link.close()
