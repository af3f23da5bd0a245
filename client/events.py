"""What a client is told, as typed events. Pure data.

Times are Unix milliseconds. `room` is `#room`; a direct message has `room` None.
(session, n) is a message's identity for ever; (epoch, offset) is where it stands in its log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from client.errors import ChatError
from wire.frames import Member, RoomInfo


@dataclass(frozen=True, slots=True)
class Connected:
    """A new session began. `former`: the session that was lost before it (R10), if any."""

    node: str
    nick: str
    session: str
    address: str
    former: str | None = None


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection to `node` broke; the client is looking for another one."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class Searching:
    """No node was found for `seconds`; what is said is kept. Told once an outage."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The session goes on at `node` (after `former`). `complete`: everything said meanwhile has
    been told before this event; else it is not known, or a Gap event said what may be missing."""

    node: str
    former: str
    complete: bool


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """`history`: said before this client came. `own`: said by this session. `late`: the cluster had lost it;
    it stands after others that were said later. `action`: `text` is what `nick` does ("waves")."""

    room: str | None
    session: str
    n: int
    nick: str
    text: str
    time: int
    epoch: str
    offset: int
    own: bool = False
    history: bool = False
    late: bool = False
    action: bool = False

    @property
    def private(self) -> bool:
        """Whether it was said to us alone."""
        return self.room is None

    @property
    def reply_to(self) -> str:
        """Where an answer goes, for `say`: the room, or whoever said it to us alone."""
        return self.room or f"@{self.nick}"

    def said_to(self, nick: str) -> str:
        """What is said to `nick`: all that is private; in a room the rest of "nick: text". "": nothing."""
        called, colon, rest = self.text.partition(":")
        if self.private:
            return self.text.strip()
        return rest.strip() if colon and called.strip().casefold() == nick.casefold() else ""


@dataclass(frozen=True, slots=True)
class AnnounceEvent:
    """An operator says something, to everybody (`room` None) or in a room; nobody else can make this. `history`,
    `late`: as of a message. `id`: the same at everybody who is told."""

    text: str
    time: int
    room: str | None
    id: str
    epoch: str
    offset: int
    history: bool = False
    late: bool = False


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


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    """What became of the direct message `n` to `nick`: received, sent (plain client), undelivered."""

    n: int
    nick: str
    state: str
    time: int
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class GapEvent:
    """Entries of the epoch `former` ('': not known) may be missing, `first`..`last` (0: not known how many);
    up to `complete` all is there. `room` None: the inbox."""

    room: str | None
    complete: int
    first: int
    last: int
    former: str = ""

    @property
    def text(self) -> str:
        """For people: "complete to #812; 813-815 may be missing"."""
        if self.last == 0:
            missing = f"what came from {self.first} on"
        else:
            missing = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"complete to #{self.complete}; {missing} may be missing"


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """What was said under `ticket` is in the log. Should the cluster lose it all the same the client says it
    again, silently; `Lost` tells if that is not possible. `action`: as of a message."""

    ticket: int
    n: int
    to: str
    text: str
    log: str
    epoch: str
    offset: int
    time: int
    action: bool = False

    @property
    def private(self) -> bool:
        """Whether it is a direct message."""
        return self.to.startswith("@")


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """What was said under `ticket` was refused, for good."""

    ticket: int
    to: str
    text: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """A node could not take it now (`code`); it stays in line. `tries`: how often so far."""

    ticket: int
    to: str
    code: int
    reason: str
    tries: int


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One thing that may or may not have been said."""

    ticket: int
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class MaybeLost:
    """The session was lost with these on their way; they are not said again (R10)."""

    sayings: tuple[Doubtful, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The cluster lost its newest data and these, though accepted, may be among it; they can't be said again."""

    sayings: tuple[Doubtful, ...]
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class MembersEvent:
    """Answer to `who`. `room` None: everybody in the cluster. `state` of a member: as of a `PresenceHint`."""

    room: str | None
    members: tuple[Member, ...]
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class WhoisEvent:
    """Answer to `whois`. `state`, `text`: as of a `PresenceHint`. `since`: when the session began. `client`: the
    program's name, as it says."""

    nick: str
    session: str
    state: str
    text: str
    since: int
    rooms: tuple[str, ...]
    node: str
    client: str
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class RegisteredEvent:
    """Answer to `register` and `unregister`: whether `nick` is our own now."""

    nick: str
    own: bool
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class RoomsEvent:
    """Answer to `rooms`."""

    rooms: tuple[RoomInfo, ...]
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """Answer to `history`, oldest first; also what was shown before. `announcements`: an operator's among them."""

    room: str
    messages: tuple[MessageEvent, ...]
    ticket: int | None = None
    announcements: tuple[AnnounceEvent, ...] = ()

    @property
    def told(self) -> tuple[MessageEvent | AnnounceEvent, ...]:
        """Both, as they stand in the log."""
        return tuple(sorted((*self.messages, *self.announcements), key=lambda one: one.offset))


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """Answer to a question (join, who, topic …) that was refused. `op`: its name on the wire. `suggestion`: a nickname
    that is free, where one was taken."""

    op: str
    room: str | None
    code: int
    reason: str
    ticket: int | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a node said about the connection; the chat goes on."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last event. `error` None: quit in order."""

    error: ChatError | None = None


Event: TypeAlias = (
    Connected
    | Disconnected
    | Searching
    | Moved
    | MessageEvent
    | AnnounceEvent
    | JoinedEvent
    | LeftEvent
    | RenamedEvent
    | TopicEvent
    | RightsEvent
    | RightHint
    | PresenceHint
    | ReceiptEvent
    | GapEvent
    | AcceptedEvent
    | RefusedEvent
    | Retrying
    | MaybeLost
    | Lost
    | MembersEvent
    | WhoisEvent
    | RegisteredEvent
    | RoomsEvent
    | HistoryEvent
    | RequestRefused
    | Notice
    | Stopped
)
