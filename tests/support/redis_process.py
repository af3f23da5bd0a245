"""A real Redis of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from drill.processes.redis_server import RedisProcess


@contextmanager
def running(program: str, folder: Path, *flags: str) -> Iterator[str]:
    """A Redis on a free port with its data in `folder`, which keeps nothing; gives its URL, and ends it afterwards."""
    server = RedisProcess(program, "redis", folder, ["--appendonly", "no", *flags])
    try:
        server.start()
        yield server.url
    finally:
        server.discard()


def answers(port: int) -> bool:
    """Whether a Redis at `port` answers PING."""
    with redis.Redis(port=port, socket_timeout=1.0) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
