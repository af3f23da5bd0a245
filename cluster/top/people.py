"""What the view reads from Redis beyond what `hydrachat nodes`, `who` and `rooms` do. Plain reading commands only."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import redis

from cluster.operator.read import RoomRow, SessionRow, number

SLICE = 500
SHOWN = 200
"""Members of a room that are listed at most."""


@dataclass(frozen=True, slots=True)
class Store:
    """Redis itself, and what it counts. `round_trip`: seconds; `memory`, `memory_max` (0: no bound): bytes; `server`:
    its version; `term`: state of the data's life, '' where there is none; `trouble`: what it says is wrong, or ''."""

    round_trip: float
    server: str
    memory: int
    memory_max: int
    commands: int
    connections: int
    term: str
    users: int
    rooms: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class RoomDetail:
    """`retained`: entries that its log holds; `members`: the first `SHOWN`, sorted."""

    room: str
    topic: str = ""
    retained: int = 0
    members: list[str] = field(default_factory=list)


def store(client: redis.Redis, prefix: str) -> Store:
    """Two round trips. Raises what redis-py does."""
    db: Any = client
    before = time.perf_counter()
    db.ping()
    round_trip = time.perf_counter() - before
    pipeline = db.pipeline(transaction=False)
    pipeline.info()
    pipeline.hget(prefix + "term", "state")
    pipeline.hlen(prefix + "presence")
    pipeline.scard(prefix + "rooms")
    info, term, users, rooms = pipeline.execute()
    return Store(
        round_trip=round_trip,
        server=str(info.get("redis_version", "?")),
        memory=number(info.get("used_memory")),
        memory_max=number(info.get("maxmemory")),
        commands=number(info.get("instantaneous_ops_per_sec")),
        connections=number(info.get("connected_clients")),
        term=str(term or ""),
        users=users,
        rooms=rooms,
        trouble=_trouble(info),
    )


def _trouble(info: dict[str, Any]) -> str:
    if info.get("role") == "slave":
        return "a replica answers, not the master"
    if 0 < number(info.get("maxmemory")) <= number(info.get("used_memory")):
        return "it is full"
    for name, text in (("aof_last_write_status", "the log on disk"), ("rdb_last_bgsave_status", "the snapshot")):
        if info.get(name, "ok") != "ok":
            return f"{text} could not be written"
    return ""


def waiting(client: redis.Redis, prefix: str, sessions: list[SessionRow]) -> dict[str, int]:
    """Session -> direct messages and receipts in its inbox that it has not acknowledged."""
    db: Any = client
    found: dict[str, int] = {}
    for start in range(0, len(sessions), SLICE):
        some = sessions[start : start + SLICE]
        pipeline = db.pipeline(transaction=False)
        for row in some:
            pipeline.hmget(f"{prefix}inbox:{row.session}:meta", "top", "acknowledged")
        for row, (top, acknowledged) in zip(some, pipeline.execute(), strict=True):
            found[row.session] = max(0, number(top) - number(acknowledged))
    return found


def room(client: redis.Redis, prefix: str, name: str) -> RoomDetail:
    """One room. Reads a part of its members only, however many there are."""
    db: Any = client
    start = f"{prefix}room:{name}:"
    pipeline = db.pipeline(transaction=False)
    pipeline.hget(start + "meta", "topic")
    pipeline.xlen(start + "log")
    pipeline.hscan(start + "members", 0, count=SHOWN)
    topic, retained, (_, members) = pipeline.execute()
    nicks = sorted(members.values(), key=str.casefold)[:SHOWN]
    return RoomDetail(name, str(topic or ""), retained, nicks)


__all__ = ["RoomDetail", "RoomRow", "SessionRow", "Store", "room", "store", "waiting"]
