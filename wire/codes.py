"""The codes of `error` and `reconnect` frames.

A program decides by the code alone: below 1000 the same thing may be tried again (perhaps at
another node), from 1000 on it is final. The text beside a code is for people and may change.
"""

from __future__ import annotations

from enum import IntEnum

FIRST_FINAL = 1000


class Code(IntEnum):
    """Every code that a node sends. Below `FIRST_FINAL`: may be retried."""

    # -- may be retried ------------------------------------------------------------------
    DEGRADED = 100  # Redis is away: nothing was taken, say it again later
    DRAINING = 101  # the node is leaving in order: connect elsewhere
    DEAF = 102  # the node does not hear the others: connect elsewhere
    OUT_OF_ORDER = 103  # `last` is the last n consumed: say again from last + 1
    WINDOW_FULL = 104  # too many `say` unanswered: nothing was taken
    TOO_SLOW = 105  # the outbox overflowed: connect again and resume
    INBOX_FULL = 106  # the addressee has too many unacknowledged messages
    SILENT = 107  # nothing was heard from the client for too long: resume
    LEASE_LOST = 108  # the node lost its lease: resume anywhere
    BUSY = 109  # the node has no room for another connection just now
    RATE_LIMITED = 110  # too much in too short a time: nothing was taken, `after` tells when it may be said again
    ADDRESS_LIMIT = 111  # too many connections from one address
    MEMORY_LIMIT = 112  # the node holds as much as it may: connect to another one

    # -- final ---------------------------------------------------------------------------
    BAD_FRAME = 1000  # not a JSON object, or a field of the wrong type
    FRAME_TOO_LONG = 1001
    BAD_ENCODING = 1002  # not UTF-8
    UNKNOWN_OP = 1003
    ILLEGAL_STATE = 1004  # the frame is known but not allowed now
    RESERVED_OP = 1005  # named in the protocol, not offered by this node
    TEXT_TOO_LONG = 1006
    BAD_TEXT = 1007  # empty, or control characters
    HELLO_TIMEOUT = 1008
    PROTOCOL_VERSION = 1009
    NICK_TAKEN = 1010  # `suggestion` is a free one
    BAD_NICK = 1011
    BAD_ROOM = 1012
    NO_SUCH_NICK = 1013
    ADDRESSEE_CHANGED = 1014  # the nickname has another holder than the one last seen
    NOT_MEMBER = 1015
    RESUME_REFUSED = 1016  # grace over, data gone, or a wrong token: begin a new session
    TAKEN_OVER = 1017  # the session was resumed on another connection
    TOO_MANY_ROOMS = 1018
    FORGOTTEN = 1019  # this n was consumed too long ago to know its outcome
    ENDED = 1020  # the session was ended by the cluster
    LOG_SPOILT = 1021  # something else has overwritten the log in Redis: an operator must mend it
    TOKEN_SPENT = 1022  # a token that was replaced since: somebody else may have a copy of it
    KICKED = 1030  # an operator has ended the session: do not come back by yourself
    BANNED = 1031  # an operator does not want this nickname or this address here
    NOT_ADMITTED = 1040  # nickname and password do not fit, or a password is needed here
    BAD_PASSWORD = 1041  # too short or too long to be one
    LOOKS_ALIKE = 1042  # the nickname could be taken for another one that is present or registered
    NOT_REGISTERED = 1043  # the nickname is not registered, or not by you
    WRONG_KEY = 1050  # the room needs a key, and this is not it
    NOT_INVITED = 1051  # the room is by invitation
    NOT_OWNER = 1052  # only the owner of the room may
    MUTED = 1053  # the owner of the room has muted you there
    REMOVED = 1054  # the owner of the room does not want you there
    ROOM_FULL = 1055  # as many members as a room may have
    TOO_MANY_ROOMS_IN_ALL = 1056  # as many rooms as the cluster may have
    BAD_PROXY = 1060  # a PROXY header that can't be read, or from an address that may not send one
    TLS_NEEDED = 1061  # this port speaks TLS, and the client did not begin with it
    NO_TLS = 1062  # the client began with TLS, which this port does not speak


def may_retry(code: int) -> bool:
    """Whether the same request may be tried again. `code`: also one this version does not know."""
    return code < FIRST_FINAL
