"""A short-lived connection to Redis for commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cluster.errors import Unavailable
from cluster.group import is_group, parsed
from cluster.link import is_too_old
from cluster.operator.errors import BadSetting, RedisUnreachable
from cluster.operator.url import nobody_there, without_password
from cluster.sentinels import Sentinels

RULES = "docs/redis.md has the rules for its users"


@contextmanager
def connect(url: str, timeout: float = 3.0) -> Iterator[redis.Redis]:
    """A client for `url` that decodes text, never retries, and gives up after `timeout` seconds.

    Errors of Redis inside the block become RedisUnreachable, with the address but not its password.
    """
    try:
        client = redis.Redis.from_url(
            server_url(url, timeout),
            decode_responses=True,
            encoding_errors="replace",
            protocol=2,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise BadSetting(f"--redis {without_password(url)}: {error}") from error
    try:
        yield client
    except BrokenPipeError:
        raise  # that of our output: redis-py has a word of its own for Redis's
    except redis.exceptions.NoPermissionError as error:
        raise RedisUnreachable(f"Redis at {without_password(url)} refuses: {error}; {RULES}") from error
    except (redis.RedisError, OSError) as error:
        hint = nobody_there(url, str(error))
        raise RedisUnreachable(f"Redis at {without_password(url)} can't be used: {error}{hint}") from error
    finally:
        client.close()


def server_url(url: str, timeout: float = 3.0) -> str:
    """`url`, or that of the present master where it means a Sentinel group. Raises RedisUnreachable, BadSetting."""
    if not is_group(url):
        return url
    try:
        group = parsed(url)
    except ValueError as error:
        raise BadSetting(f"--redis {without_password(url)}: {error}") from error
    sentinels = Sentinels(group, timeout)
    try:
        return group.server_url(sentinels.master())
    except Unavailable as error:
        raise RedisUnreachable(f"Redis at {without_password(url)} can't be used: {error}") from error
    finally:
        sentinels.close()


def reach(url: str, timeout: float = 3.0) -> None:
    """Returns if anything answers at `url`, be it with an error. Raises RedisUnreachable, BadSetting."""
    with connect(url, timeout) as client:
        try:
            client.ping()
        except (redis.ResponseError, redis.AuthenticationError, redis.BusyLoadingError):
            return  # a refusal is an answer: which command is allowed, and how, is redis-cli's to say


def check(url: str, timeout: float = 3.0) -> str:
    """The version of the Redis at `url`. Raises RedisUnreachable, BadSetting (too old)."""
    with connect(url, timeout) as client:
        version = str(client.info("server").get("redis_version", "0"))
    if is_too_old(version):
        raise BadSetting(f"Redis at {without_password(url)} is {version}; 6.2 or later is needed (--redis)")
    return version
