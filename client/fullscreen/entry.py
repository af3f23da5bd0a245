"""What stands in a conversation. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(Enum):
    TALK = "talk"
    ACTION = "action"  # what somebody does: /me waves
    ANNOUNCEMENT = "announcement"  # an operator's
    QUIET = "quiet"  # who comes and goes, answers
    NOTICE = "notice"  # about the connection
    TROUBLE = "trouble"  # something was not done
    GAP = "gap"  # something may be missing


class Mark(Enum):
    """How far a message of one's own has come."""

    NONE = ""
    PENDING = "pending"
    ACCEPTED = "accepted"
    RECEIVED = "received"  # direct ones: the addressee has it
    UNDELIVERED = "undelivered"
    DOUBTFUL = "doubtful"  # may not have been said
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Entry:
    """`text` and `nick` are as a stranger sent them; `rows` makes them harmless. `time`: Unix ms.
    `identity`: (session, n) of a message. `serial`: its place among the entries of its conversation,
    without holes."""

    kind: Kind
    text: str
    time: int
    nick: str = ""
    own: bool = False
    late: bool = False
    mention: bool = False
    mark: Mark = Mark.NONE
    identity: tuple[str, int] | None = None
    epoch: str = ""
    offset: int = 0
    ticket: int = 0
    comings: int = 0  # how many people came or went, of whom this line tells; see `Conversation.add_coming`
    serial: int = 0
    # The wrapped rows and what they were wrapped for; see `rows`.
    cached: tuple[Any, Any] | None = field(default=None, repr=False)

    @property
    def spoken(self) -> bool:
        return self.kind in (Kind.TALK, Kind.ACTION)
