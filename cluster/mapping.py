"""Where redis-py's and the OS's errors become this package's (see `errors`)."""

from __future__ import annotations

import re

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError as RedisConnectionError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError as RedisTimeoutError,
    TryAgainError,
)

from cluster.errors import ClusterError, NotDone, Unavailable

# R2: after one of these nothing was done, so that the same thing may be asked again.
NOT_DONE = ("BUSY", "LOADING", "READONLY", "OOM", "MISCONF", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN")
# redis-py cuts the code off the texts of the errors for which it has a class.
_NOT_DONE_CLASSES = (
    BusyLoadingError,
    ReadOnlyError,
    OutOfMemoryError,
    AuthenticationError,
    MasterDownError,
    ClusterDownError,
    TryAgainError,
)
# SCRIPT KILL works only on a script that has written nothing yet.
_KILLED = "Script killed"
_IN_SCRIPT = ("ACL failure in script", "@user_script", "executing the script")
_ARGUMENTS = ", with args beginning with"
_PLACE = re.compile(r"\.? script: [0-9a-f]{40}, on @user_script:\d+\.?$")
"""Where in a script of ours Redis refused: of no use to who has to make room."""


def connection_error(error: Exception) -> Unavailable:
    """A broken or silent connection: what was sent may have been done or not."""
    if isinstance(error, RedisTimeoutError | TimeoutError):
        return Unavailable(f"Redis did not answer in time ({error})")
    if isinstance(error, RedisConnectionError | OSError):
        return Unavailable(f"Redis can't be reached ({error})")
    return Unavailable(f"Redis failed ({type(error).__name__}: {error})")


def is_no_script(error: Exception) -> bool:
    return isinstance(error, NoScriptError)


def is_no_master(error: RedisError) -> bool:
    """Whether it was refused since the server is a replica, also inside of a script."""
    inside = str(error)[:200]
    return isinstance(error, ReadOnlyError | MasterDownError) or "READONLY " in inside or "MASTERDOWN " in inside


def _is_forbidden(error: RedisError) -> bool:
    """Whether an ACL refused the whole command. In a script, something may have been done already."""
    return isinstance(error, NoPermissionError) and not any(sign in str(error) for sign in _IN_SCRIPT)


def reply_error(error: RedisError) -> ClusterError:
    """An error reply to one command: `Unavailable` if it was certainly not done."""
    # Redis quotes the arguments of a command that it does not know, and these may be what somebody said.
    text = str(error).partition(_ARGUMENTS)[0]
    if isinstance(error, _NOT_DONE_CLASSES) or text.startswith(NOT_DONE) or _is_forbidden(error):
        return NotDone(f"Redis refused ({_PLACE.sub('', text)})")
    # An error inside of a script carries the code of the command that failed in the middle of the text.
    inside = text[:200]
    if isinstance(error, ResponseError) and (_KILLED in inside or any(f"{code} " in inside for code in NOT_DONE)):
        return NotDone(f"Redis refused ({_PLACE.sub('', text)})")
    return ClusterError(f"Redis failed: {text}")
