"""Every key of the cluster, read one after the other while others write. By SCAN; a hash or set is read
whole, which for ten thousand people takes Redis some 10 ms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import redis

from cluster.operator.read import batched, glob_escaped

# What a key is by its name -> its type. Others may be of later versions: they are left alone.
TYPES: Mapping[str, tuple[re.Pattern[str], str]] = {
    kind: (re.compile(pattern), type_)
    for kind, pattern, type_ in [
        ("session", r"session:([^:]+)", "hash"),
        ("said", r"session:([^:]+):said", "hash"),
        ("nick", r"nick:(.+)", "string"),
        ("held", r"node:([^/:]+/[^/:]+):sessions", "set"),
        ("row", r"node:([^/:]+/[^/:]+)", "hash"),
        ("room_log", r"room:(#[^:]+):log", "stream"),
        ("room_meta", r"room:(#[^:]+):meta", "hash"),
        ("members", r"room:(#[^:]+):members", "hash"),
        ("inbox_log", r"inbox:([^:]+):log", "stream"),
        ("inbox_meta", r"inbox:([^:]+):meta", "hash"),
        ("inbox_tail", r"inbox:([^:]+):tail", "hash"),
        ("inbox_known", r"inbox:([^:]+):known", "hash"),
        ("presence", r"(presence)", "hash"),
        ("nodes", r"(nodes)", "zset"),
        ("absent", r"(absent)", "zset"),
        ("rooms", r"(rooms)", "set"),
        ("lapsed", r"(lapsed)", "set"),
        ("ghosts", r"(ghosts)", "set"),
        ("healing", r"(healing)", "set"),
        ("term", r"(term)", "hash"),
    ]
}


@dataclass(slots=True)
class Census:
    """`names`: by kind, whom keys belong to (a session, a room, a node …). `spoilt`: keys of a wrong type. The rest
    is what is in them."""

    keys: int = 0
    names: Mapping[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    spoilt: list[str] = field(default_factory=list)
    sessions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    nicks: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, set[str]] = field(default_factory=dict)
    members: Mapping[str, set[str]] = field(default_factory=dict)
    presence: Mapping[str, str] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    rooms: set[str] = field(default_factory=set)
    lapsed: set[str] = field(default_factory=set)


def take(client: redis.Redis, prefix: str) -> Census:
    """Raises redis.RedisError."""
    db: Any = client
    census, kinds = Census(), {}
    for key in db.scan_iter(glob_escaped(prefix) + "*", count=1000):
        census.keys += 1
        kind, name = classified(key[len(prefix) :])
        if kind:
            kinds[key] = kind, name
    for key, type_ in zip(kinds, batched(db, list(kinds), lambda p, key: p.type(key)), strict=True):
        kind, name = kinds[key]
        if type_ == TYPES[kind][1]:
            census.names[kind].add(name)
        elif type_ != "none":
            census.spoilt.append(f"{key} is a {type_}, not a {TYPES[kind][1]}")
    _fill(db, prefix, census)
    return census


def classified(name: str) -> tuple[str, str]:
    """The kind of a key without its prefix, and to whom it belongs; ('', ''): not ours."""
    for kind, (pattern, _) in TYPES.items():
        if found := pattern.fullmatch(name):
            return kind, found[1]
    return "", ""


def _fill(db: Any, prefix: str, census: Census) -> None:
    def read(kind: str, key: str, queue: Callable[[Any, str], object]) -> dict[str, Any]:
        names = sorted(census.names[kind])
        return dict(zip(names, batched(db, [prefix + key.format(name) for name in names], queue), strict=True))

    census.held = read("held", "node:{}:sessions", lambda p, key: p.smembers(key))
    census.members = {
        room: set(found) for room, found in read("members", "room:{}:members", lambda p, key: p.hkeys(key)).items()
    }
    census.nicks = {
        name: session for name, session in read("nick", "nick:{}", lambda p, key: p.get(key)).items() if session
    }
    census.sessions = {
        session: row for session, row in read("session", "session:{}", lambda p, key: p.hgetall(key)).items() if row
    }
    whole = read("presence", "{}", lambda p, key: p.hgetall(key))
    census.presence = whole.get("presence", {})
    for kind in ("nodes", "absent"):
        found = read(kind, "{}", lambda p, key: p.zrange(key, 0, -1))
        setattr(census, kind, set(found.get(kind, ())))
    for kind in ("rooms", "lapsed"):
        found = read(kind, "{}", lambda p, key: p.smembers(key))
        setattr(census, kind, found.get(kind, set()))
