"""How long Redis was busy with one thing at the longest: a write that the disk keeps waiting holds up all that is said,
and a p99 that comes of it says nothing about who sends. Redis notes that itself (its latency monitor)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from redis.exceptions import RedisError

from drill.processes.redis_server import RedisProcess

FROM = 5
"""Milliseconds from which on Redis notes it."""
MOST = 3
"""Where an event's longest stands; Valkey has more behind it."""


def longest_of(server: RedisProcess) -> Callable[[], float]:
    """See `Servers.stood_still`. What it returns raises RuntimeError, OSError."""
    return partial(_longest, server)


def _longest(server: RedisProcess) -> float:
    try:
        with server.client() as client:
            client.config_set("latency-monitor-threshold", FROM)
            events = client.execute_command("LATENCY LATEST")
            client.execute_command("LATENCY RESET")
    except RedisError as error:
        raise RuntimeError(f"Redis does not answer: {error}") from error
    return max((event[MOST] for event in events), default=0) / 1000
