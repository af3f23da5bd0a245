"""Who is in a room, how he is called and what holds there. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JoinedEvent:
    """`own`: this client is in `room` now, with `count` members (`members`: some of them), and `topic` ("": none)."""

    room: str
    nick: str
    session: str
    time: int
    own: bool = False
    count: int | None = None
    members: tuple[str, ...] = ()
    ticket: int | None = None
    topic: str = ""


@dataclass(frozen=True, slots=True)
class LeftEvent:
    """`reason`: left, quit, expired, ended, kicked, banned, removed. `why`: the operator's words with kicked and
    banned, the room's owner's with removed, after which an `own` one can't come back until invited."""

    room: str
    nick: str
    session: str
    time: int
    reason: str = ""
    own: bool = False
    ticket: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class RenamedEvent:
    """`former` is called `nick` now; told once for each room that we are both in. `own`: this session is.
    `ticket`: answers `ChatClient.rename`; there `room` is one of ours ("": we are in none), and `former` is `nick` if
    nothing was changed."""

    room: str
    former: str
    nick: str
    session: str
    time: int
    own: bool = False
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class TopicEvent:
    """`nick` has set the topic ("": cleared it). `own`: this session did. `ticket`: answers `ChatClient.topic`.
    `time` 0: nobody ever set one."""

    room: str
    nick: str
    text: str
    time: int
    own: bool = False
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class RightsEvent:
    """Who may do what in `room`. `owner`: a nickname, "": nobody; `own`: it is ours, and only then there are the lists
    of nicknames. `key`, `invite`, `private`, `topic`: what holds (`ChatClient.guard`). `ticket`: answers a question;
    else it is a hint that one of these has changed, and may be missing."""

    room: str
    owner: str
    own: bool = False
    key: bool = False
    invite: bool = False
    private: bool = False
    topic: bool = False
    you: str = ""
    """What we are there: muted, invited or ""."""
    invited: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class RightHint:
    """`by`, the owner of `room`, has done something for or to us, and says `text`. `what`: invited, muted, unmuted, or
    owner: the room is ours now (`by` "": since its owner has gone). A hint: it may be missing. That we were removed a
    LeftEvent tells."""

    room: str
    what: str
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PresenceHint:
    """A member's `state` has changed: here, away (by his own choice, of which he says `text`) or reconnecting (his
    connection broke); `away`: not here. A hint, not in the log: it may be missing. `ticket`: answers `ChatClient.away`
    and `back`; there `room` is one of ours ("": we are in none)."""

    room: str
    nick: str
    session: str
    away: bool
    state: str
    text: str = ""
    ticket: int | None = None
