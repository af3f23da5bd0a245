"""Reads what `nodes`, `who`, `sessions` and `rooms` show. No scripts, no writes: plain commands, so that they
work on any Redis that holds the data, with every node down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis

SLICE = 500
DEFAULT_LEASE_MS = 5000


LOST, STOPPED = "lost", "stopped"


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node. `age`: seconds since its last heartbeat; `alive`: age within the lease;
    `started`: Unix ms, by the node's own clock, as it wrote it."""

    node: str
    boot: str
    address: str
    http: str
    state: str
    version: str
    clients: int
    alive: bool
    age: float
    pid: int
    host: str
    started: str

    @property
    def standing(self) -> str:
        """`state`; beyond its lease `stopped`, if it left in order and sessions of it still have their grace, else
        `lost`, whatever it said."""
        return self.state if self.alive or self.state == STOPPED else LOST


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session. `boot`: of the node that has it; `since`: Unix ms; `until`: end of its grace (Unix ms) when away,
    else 0."""

    nick: str
    node: str
    state: str
    since: int
    until: int
    rooms: list[str]
    address: str
    session: str
    boot: str


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room. `top`: offset of the newest entry of its log, `epoch`: the life it belongs to. `entries`: how many the
    log holds; `last`: Unix ms of the newest one, 0 if there is none. `topic`: what the room is about.
    `owner`: a nickname, '' if nobody owns it; `guards`: which of invite, key, private and topic hold."""

    room: str
    members: int
    top: int
    epoch: str
    entries: int
    last: int
    topic: str
    owner: str = ""
    guards: list[str] = field(default_factory=list)


def number(value: object) -> int:
    """`value` as a whole number; 0 when it is none (a field another version wrote)."""
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return 0


def glob_escaped(text: str) -> str:
    """`text` for use inside a SCAN pattern, standing for itself."""
    return "".join("\\" + c if c in "*?[]\\^" else c for c in text)


def batched(client: Any, keys: list[str], queue: Callable[[Any, str], object]) -> list[Any]:
    """The answers to `queue(pipeline, key)` for each key, a bounded slice at a time."""
    answers: list[Any] = []
    for start in range(0, len(keys), SLICE):
        pipeline = client.pipeline(transaction=False)
        for key in keys[start : start + SLICE]:
            queue(pipeline, key)
        answers += pipeline.execute()
    return answers


def lease(client: redis.Redis, prefix: str) -> float:
    """Seconds without a heartbeat after which a node is dead."""
    db: Any = client
    return (number(db.hget(prefix + "term", "lease")) or DEFAULT_LEASE_MS) / 1000


def nodes(client: redis.Redis, prefix: str) -> list[NodeRow]:
    """All nodes that the cluster remembers, sorted by name."""
    db: Any = client
    now = now_ms(client)
    lease_ms = int(lease(client, prefix) * 1000)
    beats = db.zrange(prefix + "nodes", 0, -1, withscores=True)
    hashes = batched(db, [f"{prefix}node:{name}" for name, _ in beats], lambda p, key: p.hgetall(key))
    rows = [_node(name, now - score, lease_ms, fields) for (name, score), fields in zip(beats, hashes, strict=True)]
    return sorted(rows, key=lambda row: (row.node, row.age))


def _node(name: str, age_ms: float, lease: int, fields: dict[str, str]) -> NodeRow:
    node, _, boot = name.partition("/")
    return NodeRow(
        node=node,
        boot=boot,
        address=fields.get("address", ""),
        http=fields.get("http", ""),
        state=fields.get("state", "unknown"),
        version=fields.get("version", ""),
        clients=number(fields.get("clients")),
        alive=age_ms <= lease,
        age=max(0.0, round(age_ms / 1000, 1)),
        pid=number(fields.get("pid")),
        host=fields.get("host", ""),
        started=fields.get("started", ""),
    )


def sessions(client: redis.Redis, prefix: str) -> list[SessionRow]:
    """Everybody in the cluster, sorted by nickname. SCAN: may be slow, never blocks Redis."""
    db: Any = client
    start = prefix + "session:"
    found = set(db.scan_iter(glob_escaped(start) + "*", count=1000, _type="hash"))
    keys = sorted(key for key in found if ":" not in key[len(start) :])
    hashes = batched(db, keys, lambda p, key: p.hgetall(key))
    rows = [session_row(key[len(start) :], fields) for key, fields in zip(keys, hashes, strict=True) if fields]
    return sorted(rows, key=lambda row: (row.nick.casefold(), row.session))


def session_row(session: str, fields: dict[str, str]) -> SessionRow:
    """Of the hash that Redis has of it."""
    node, _, boot = fields.get("node", "").partition("/")
    return SessionRow(
        nick=fields.get("nick", ""),
        node=node,
        state=fields.get("state", "unknown"),
        since=number(fields.get("since")),
        until=number(fields.get("until")),
        rooms=[room for room in fields.get("rooms", "").split(",") if room],
        address=fields.get("address", ""),
        session=session,
        boot=boot,
    )


def rooms(client: redis.Redis, prefix: str) -> list[RoomRow]:
    """All rooms that have members, sorted by name."""
    db: Any = client
    names = sorted(db.smembers(prefix + "rooms"))
    logs = [f"{prefix}room:{name}:log" for name in names]
    counts = batched(db, [f"{prefix}room:{name}:members" for name in names], lambda p, key: p.hlen(key))
    metas = batched(
        db, [f"{prefix}room:{name}:meta" for name in names], lambda p, key: p.hmget(key, "top", "epoch", "topic")
    )
    lengths = batched(db, logs, lambda p, key: p.xlen(key))
    newest = batched(db, logs, lambda p, key: p.xrevrange(key, count=1))
    held = _rights(db, prefix, names)
    return [
        RoomRow(name, count, number(top), epoch or "", length, _time_of(last), topic or "", *rights)
        for name, count, (top, epoch, topic), length, last, rights in zip(
            names, counts, metas, lengths, newest, held, strict=True
        )
    ]


def _rights(db: Any, prefix: str, names: list[str]) -> list[tuple[str, list[str]]]:
    """Owner and guards of each. An owner who is a session may be called otherwise by now."""
    keys = [f"{prefix}room:{name}:rights" for name in names]
    rows = batched(db, keys, lambda p, key: p.hmget(key, "owner", "nick", "guards"))
    owners = [f"{prefix}session:{owner or ''}" for owner, _, _ in rows]
    present = batched(db, owners, lambda p, key: p.hget(key, "nick"))
    return [(now or nick or "", (guards or "").split()) for (_, nick, guards), now in zip(rows, present, strict=True)]


def _time_of(items: list[tuple[str, dict[str, str]]]) -> int:
    return number(items[0][1].get("time")) if items else 0


def now_ms(client: redis.Redis) -> int:
    """Redis's clock, Unix ms."""
    db: Any = client
    seconds, micros = db.time()
    return int(seconds) * 1000 + int(micros) // 1000
