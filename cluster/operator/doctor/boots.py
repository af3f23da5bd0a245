"""Reads the nodes: what `nodes` says, and whether that is so."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis

from cluster.operator.doctor.facts import Boot, NodeFacts
from cluster.operator.read import NodeRow, glob_escaped, nodes, number
from cluster.readiness import is_ready

SETTINGS = ("lease", "grace", "retain", "access")
ASKED_AT_ONCE = 16
SETTLED_WITHIN = 1.0
"""Seconds in which a node that has just started is registered, and one that has just ended is not heard any more."""


def read(client: redis.Redis, prefix: str) -> NodeFacts:
    """Raises redis.RedisError."""
    strangers = _strangers(client, prefix)  # takes its time: first, so that the rest is of one moment
    rows = nodes(client, prefix)
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        ready = list(pool.map(_ready, rows))
    boots = [_settled(client, prefix, row, word) for row, word in zip(rows, ready, strict=True)]
    return NodeFacts(boots, strangers)


def _ready(row: NodeRow) -> bool | None:
    return is_ready(row.http) if row.alive and row.http else None


def _settled(client: redis.Redis, prefix: str, row: NodeRow, ready: bool | None) -> Boot:
    """A subscription that is being made again is not missing yet."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while not (boot := _boot(client, prefix, row, ready)).hears and row.alive and time.monotonic() < deadline:
        time.sleep(SETTLED_WITHIN / 5)
    return boot


def _boot(client: redis.Redis, prefix: str, row: NodeRow, ready: bool | None) -> Boot:
    db: Any = client
    name = f"{row.node}/{row.boot}"
    try:  # at one moment, or a heartbeat in between would look like a clock that is wrong
        score, fields, heard = _row(db, prefix, name, True)
    except redis.exceptions.OutOfMemoryError:  # a full Redis takes no MULTI, but no heartbeat either
        score, fields, heard = _row(db, prefix, name, False)
    settings = {key: fields[key] for key in SETTINGS if key in fields}
    return Boot(row, _ahead(score, fields), settings, bool(heard and heard[0][1]), ready)


def _row(db: Any, prefix: str, name: str, is_at_once: bool) -> Any:
    pipeline = db.pipeline(transaction=is_at_once)
    pipeline.zscore(prefix + "nodes", name)
    pipeline.hgetall(f"{prefix}node:{name}")
    pipeline.pubsub_numsub(f"{prefix}node:{name}")
    return pipeline.execute()


def _ahead(score: float | None, fields: Mapping[str, str]) -> float | None:
    clock = number(fields.get("clock"))
    return (clock - score) / 1000 if clock and score else None


def _strangers(client: redis.Redis, prefix: str) -> Sequence[str]:
    """Boots that listen though they are not alive, for longer than a node needs to come or to go."""
    found = _listening_dead(client, prefix)
    deadline = time.monotonic() + SETTLED_WITHIN
    while found and time.monotonic() < deadline:
        time.sleep(SETTLED_WITHIN / 5)
        found &= _listening_dead(client, prefix)
    return sorted(found)


def _listening_dead(client: redis.Redis, prefix: str) -> set[str]:
    db: Any = client
    start = f"{prefix}node:"
    listening = {str(channel).removeprefix(start) for channel in db.pubsub_channels(glob_escaped(start) + "*")}
    return listening - {f"{row.node}/{row.boot}" for row in nodes(client, prefix) if row.alive}
