"""A Redis of a benchmark's own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.up.programs import find_server
from drill.processes.redis_server import RedisProcess


@contextmanager
def own_redis() -> Iterator[tuple[str, Path]]:
    """Its URL, and a folder that is there as long as it runs. Exits where there is no redis-server."""
    program = find_server()
    if program is None:
        sys.exit("redis-server is missing: install the Debian package redis-server")
    with tempfile.TemporaryDirectory() as name:
        redis = RedisProcess(program, "redis", Path(name))
        redis.start()
        try:
            yield redis.url, Path(name)
        finally:
            redis.discard()
