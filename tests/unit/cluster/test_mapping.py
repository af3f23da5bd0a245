"""R2: which answers of Redis mean that nothing was done. The texts are those that servers really print."""

from __future__ import annotations

from typing import Any

import pytest
from redis.connection import DefaultParser
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
    RedisError,
    ResponseError,
    TimeoutError as RedisTimeoutError,
)

from cluster.errors import ClusterError, Unavailable
from cluster.mapping import connection_error, is_no_script, reply_error

PARSER: Any = DefaultParser
SHA = "5332031c6b470dc5a0dd9b4bf2030dea6d65de91"
NOT_DONE = [
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE. script: " + SHA,
    "LOADING Redis is loading the dataset in memory",
    "READONLY You can't write against a read only replica.",
    f"READONLY You can't write against a read only replica. script: {SHA}, on @user_script:97.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    f"OOM command not allowed when used memory > 'maxmemory'. script: {SHA}, on @user_script:97.",
    # Redis 6.2 wraps what fails inside of a script.
    f"ERR Error running script (call to f_{SHA}): @user_script:97: @user_script: 97: -OOM command not allowed when "
    "used memory > 'maxmemory'.",
    f"ERR Error running script (call to f_{SHA}): @user_script:97: @user_script: 97: -READONLY You can't write "
    "against a read only replica.",
    f"ERR Error running script (call to f_{SHA}): @user_script:97: @user_script: 97: -MISCONF Errors writing to the "
    "AOF file: No space left on device",
    "MISCONF Errors writing to the AOF file: No space left on device",
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    "NOREPLICAS Not enough good replicas to write.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "CLUSTERDOWN The cluster is down",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    f"ERR Error running script (call to f_{SHA}): @user_script:1: Script killed by user with SCRIPT KILL...",
    "NOAUTH Authentication required.",
    "NOPERM this user has no permissions to run the 'script|load' command",
    "NOPERM User n has no permissions to access one of the keys used as arguments",
]
DONE_PERHAPS = [
    f"ERR The user executing the script can't run this command or subcommand script: {SHA}, on @user_script:97.",
    f"NOPERM ACL failure in script: User n has no permissions to run the 'xadd' command script: {SHA}, on "
    "@user_script:97.",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    f"WRONGTYPE Operation against a key holding the wrong kind of value script: {SHA}, on @user_script:97.",
    f"ERR Error running script (call to f_{SHA}): @user_script:97: WRONGTYPE Operation against a key holding the wrong "
    "kind of value",
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
    f"ERR user_script:1: Script attempted to access nonexistent global variable 'x' script: {SHA}, on @user_script:1.",
]


def mapped(text: str) -> ClusterError:
    """What `Link` and `reply_error` make of a server's line, parsed by redis-py."""
    error = PARSER.parse_error(text)
    assert isinstance(error, RedisError)
    # redis-py takes a few of them for a broken connection, and so does Link.
    return reply_error(error) if isinstance(error, ResponseError) else connection_error(error)


@pytest.mark.parametrize("text", NOT_DONE)
def test_not_done(text: str) -> None:
    assert isinstance(mapped(text), Unavailable)


@pytest.mark.parametrize("text", DONE_PERHAPS)
def test_perhaps_done_in_part(text: str) -> None:
    assert type(mapped(text)) is ClusterError


def test_no_script() -> None:
    assert is_no_script(PARSER.parse_error("NOSCRIPT No matching script. Please use EVAL."))
    assert not is_no_script(PARSER.parse_error("ERR something else"))


def test_broken_connections_say_what_is_wrong() -> None:
    assert "in time" in str(connection_error(RedisTimeoutError("t")))
    assert "can't be reached" in str(connection_error(RedisConnectionError("refused")))
    assert "can't be reached" in str(connection_error(ConnectionResetError("reset")))
    assert "failed" in str(connection_error(RedisError("odd")))
