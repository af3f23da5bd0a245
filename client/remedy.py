"""What an error in answer to `hello`, or about the whole connection, asks of a client."""

from __future__ import annotations

from enum import Enum

from wire.codes import Code, may_retry
from wire.frames import Error


class Remedy(Enum):
    """What to do about it."""

    ELSEWHERE = "elsewhere"  # try another node
    NEW_SESSION = "new session"  # the old one is gone (R10)
    TAKEN = "taken"  # another connection holds the session: perhaps a late one of our own
    NICK_TAKEN = "nick taken"  # perhaps by a late hello of our own
    STAY = "stay"  # nothing, the connection goes on
    STOP = "stop"


_NAMED: dict[int, Remedy] = {
    Code.RESUME_REFUSED: Remedy.NEW_SESSION,
    Code.ENDED: Remedy.NEW_SESSION,
    Code.TOKEN_SPENT: Remedy.NEW_SESSION,
    Code.TAKEN_OVER: Remedy.TAKEN,
    Code.KICKED: Remedy.STOP,
    Code.BANNED: Remedy.STOP,
}
_LEAVE = frozenset({Code.DRAINING, Code.DEAF, Code.TOO_SLOW, Code.SILENT, Code.LEASE_LOST, Code.BUSY,
                    Code.ADDRESS_LIMIT, Code.MEMORY_LIMIT})  # fmt: skip


def to_hello(frame: Error, *, resuming: bool) -> Remedy:
    """The remedy for a refused hello."""
    # A hello that came too late for one node may be in time for another one.
    if may_retry(frame.code) or frame.code == Code.HELLO_TIMEOUT:
        return Remedy.ELSEWHERE
    # Who begins is told that something is wrong there; who is in the chat isn't ended by one node's settings.
    if resuming and frame.code == Code.BAD_PROXY:
        return Remedy.ELSEWHERE
    if not resuming and frame.code == Code.NICK_TAKEN:
        return Remedy.NICK_TAKEN
    # Also where we believe to begin: an earlier hello, never answered, may have begun the session, and it may be over.
    return _NAMED.get(frame.code, Remedy.STOP)


def to_connection(frame: Error) -> Remedy:
    """The remedy for an error that answers no request, on a connection that carries the session."""
    if frame.code in _LEAVE:
        return Remedy.ELSEWHERE
    if frame.code == Code.TOKEN_SPENT:
        return Remedy.STAY  # somebody else came with it; the session is ours
    return _NAMED.get(frame.code, Remedy.STAY)
