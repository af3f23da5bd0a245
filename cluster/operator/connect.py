"""A short-lived connection to Redis for commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cluster.operator.errors import BadSetting, RedisUnreachable
from cluster.operator.url import without_password

OLDEST = (6, 2)


@contextmanager
def connect(url: str, timeout: float = 3.0) -> Iterator[redis.Redis]:
    """A client for `url` that decodes text, never retries, and gives up after `timeout` seconds.

    Errors of Redis inside the block become RedisUnreachable, with the address but not its password.
    """
    try:
        client = redis.Redis.from_url(
            url,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise BadSetting(f"--redis {without_password(url)}: {error}") from error
    try:
        yield client
    except (redis.RedisError, OSError) as error:
        raise RedisUnreachable(f"Redis at {without_password(url)} can't be used: {error}") from error
    finally:
        client.close()


def check(url: str, timeout: float = 3.0) -> str:
    """The version of the Redis at `url`. Raises RedisUnreachable, BadSetting (too old)."""
    with connect(url, timeout) as client:
        version = str(client.info("server").get("redis_version", "0"))
    numbers = tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])
    if numbers < OLDEST:
        raise BadSetting(f"Redis at {without_password(url)} is {version}; 6.2 or later is needed (--redis)")
    return version
