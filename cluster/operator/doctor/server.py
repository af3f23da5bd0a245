"""Reads what there is to know of the Redis server itself, and of its replicas."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis

from cluster.group import is_group, parsed
from cluster.operator.connect import connect
from cluster.operator.doctor import rights, sentinels
from cluster.operator.doctor.facts import Buffer, Replica, ServerFacts
from cluster.operator.errors import Failed
from cluster.operator.read import number

PROBES = 3
REPLICA_WITHIN = 1.0
OURS = "hydrachat-"


def read(client: redis.Redis, url: str, prefix: str) -> ServerFacts:
    """Raises redis.RedisError."""
    db: Any = client
    info = db.info()
    ahead, round_trip = clock(db)
    lacking, refusals = rights.read(db, prefix)
    return ServerFacts(
        info=info,
        config=_allowed(lambda: db.config_get("*")),
        buffers=_allowed(lambda: [_buffer(each) for each in db.client_list() if each.get("name", "").startswith(OURS)]),
        replicas=[_replica(url, address, ahead) for address in _addresses(info)],
        sentinels=sentinels.ask(url),
        is_group=is_group(url),
        ahead=ahead,
        round_trip=round_trip,
        lacking=lacking,
        refusals=refusals,
    )


def _allowed(ask: Any) -> Any:
    """None: Redis does not let us (managed ones don't know CONFIG; an ACL may leave it out)."""
    try:
        return ask()
    except redis.ResponseError:
        return None


def clock(db: Any) -> tuple[float, float]:
    """Seconds that this machine's clock is ahead of the server's, by the quickest of some questions; and how long that
    one took."""
    found = []
    for _ in range(PROBES):
        before = time.time()
        seconds, micros = db.time()
        after = time.time()
        found.append((after - before, (before + after) / 2 - seconds - micros / 1e6))
    round_trip, ahead = min(found)
    return ahead, round_trip


def _buffer(line: Mapping[str, str]) -> Buffer:
    return Buffer(line["name"], number(line.get("omem")))


def _addresses(info: Mapping[str, Any]) -> Sequence[tuple[str, int]]:
    rows = [info.get(f"slave{i}") for i in range(number(info.get("connected_slaves")))]
    return [(row["ip"], number(row["port"])) for row in rows if isinstance(row, dict)]


def _replica(url: str, address: tuple[str, int], ours: float) -> Replica:
    shown = f"{address[0]}:{address[1]}"
    try:
        with connect(_url_of(url, address), REPLICA_WITHIN) as client:
            theirs, _ = clock(client)
    except Failed:
        return Replica(shown, None)
    return Replica(shown, ours - theirs)


def _url_of(url: str, address: tuple[str, int]) -> str:
    """Of another server with the same login."""
    if is_group(url):
        return parsed(url).server_url(address)
    parts = urlsplit(url)
    login, at, _ = parts.netloc.rpartition("@")
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return urlunsplit(parts._replace(netloc=f"{login}{at}{host}:{address[1]}"))
