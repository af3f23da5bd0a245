"""The frames that a node sends. See `frames`."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from msgspec import Struct, field

from wire.fields import Cursor, Cursors, Frame


class Welcome(Frame, frozen=True, tag="welcome"):
    """The session is this connection's. `logs`: the top of each of its logs now.

    `token` comes with a new session, and with a resume whose hello said `rotate`: to be confirmed.
    `n`: last n consumed. `heartbeat`: seconds within which the client must send something. `nodes`: addresses of the
    other nodes.
    """

    session: str
    nick: str
    node: str
    logs: Cursors
    heartbeat: float
    protocol: int = 1
    token: str | None = None
    n: int = 0
    nodes: list[str] = field(default_factory=list)
    resumed: bool = False


class Registered(Frame, frozen=True, tag="registered"):
    """The nickname is the user's own, under the password of the request."""

    nick: str
    id: int | None = None


class Unregistered(Frame, frozen=True, tag="unregistered"):
    nick: str
    id: int | None = None


class Accepted(Frame, frozen=True, tag="accepted"):
    """The message (session, n) is in the log `log` at `epoch`, `offset`. `time`: Unix ms.

    For a direct message `log` is `@nick`, the addressee's inbox.
    """

    n: int
    log: str
    epoch: str
    offset: int
    time: int


class Error(Frame, frozen=True, tag="error"):
    """`n`, `id`: which request it answers. `last`: with OUT_OF_ORDER. `suggestion`: with NICK_TAKEN, LOOKS_ALIKE.
    `after`: where it may be retried, not before so many ms."""

    code: int
    text: str
    n: int | None = None
    id: int | None = None
    last: int | None = None
    suggestion: str | None = None
    after: int = 0


class Message(Frame, frozen=True, tag="message"):
    """`history`: it was said before this client came and is told outside the order of the log.
    `late`: it was lost and has come back, after others that were said later. `was`: its places in epochs in which
    it was lost, if it has come back: who came further there has had it."""

    log: str
    epoch: str
    offset: int
    session: str
    n: int
    nick: str
    text: str
    time: int
    history: bool = False
    late: bool = False
    was: tuple[Cursor, ...] = ()

    @property
    def is_announcement(self) -> bool:
        """Whether it is an operator's: nobody else's session begins so."""
        return self.session.startswith("*")


class Joined(Frame, frozen=True, tag="joined"):
    """Somebody joined; with `count` it answers the client's own `join` (or `hello`). `was`: as of a message.

    `members`: nicknames, at most `MEMBERS_SHOWN` of `count`. The room's last messages follow
    as `message` frames with `history`. `topic`: of the room, in an answer.

    With `former` nobody joined: who was called so has another nickname. With `former` and `id` it answers the client's
    own `nick` and moves no cursor: the entries come in their places, one of them is named here (log "": there is none).
    """

    MEMBERS_SHOWN: ClassVar[int] = 200

    log: str
    epoch: str
    offset: int
    session: str
    nick: str
    time: int
    count: int | None = None
    members: list[str] = field(default_factory=list)
    id: int | None = None
    was: tuple[Cursor, ...] = ()
    topic: str = ""
    former: str = ""


class Left(Frame, frozen=True, tag="left"):
    """Somebody left (`reason`: left, quit, expired, ended, kicked, banned, removed); the answer to one's own `leave`.
    `was`: as of a message. `why`: the words of the operator, or the room's owner, who did it."""

    log: str
    epoch: str
    offset: int
    session: str
    nick: str
    time: int
    reason: str = ""
    id: int | None = None
    was: tuple[Cursor, ...] = ()
    why: str = ""


class Topic(Frame, frozen=True, tag="topic"):
    """The room's topic was changed by `nick`. With `id` it answers the client's own `topic`: it moves no cursor, since
    the entry itself comes in its place. Offset 0: nothing was changed; that is the topic, `time` 0: there is none."""

    log: str
    epoch: str
    offset: int
    nick: str
    time: int
    text: str = ""
    session: str = ""
    id: int | None = None
    was: tuple[Cursor, ...] = ()


class Rights(Frame, frozen=True, tag="rights"):
    """Who may do what in `room`. With `id` it answers invite, remove, mute, unmute, owner, guard; else it is a hint.

    `owner`: a nickname, "": nobody. `key`, `invite`, `private`, `topic`: what holds. `own`: the room is this client's,
    who alone gets the lists of nicknames `invited`, `muted`, `removed`. `you`: what this client is there: invited,
    muted. A hint with `you` (also: unmuted, owner) tells what `by` has done, who says `text`; nothing else is in it.
    """

    room: str
    owner: str = ""
    own: bool = False
    key: bool = False
    invite: bool = False
    private: bool = False
    topic: bool = False
    you: str = ""
    by: str = ""
    text: str = ""
    invited: list[str] = field(default_factory=list)
    muted: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    id: int | None = None


class Away(Frame, frozen=True, tag="away"):
    """A hint: this member's connection broke or, with `gone`, he is away by his own choice and says `text` of it. Not
    in the log. With `id` it answers the client's own `away`."""

    log: str
    session: str
    nick: str
    gone: bool = False
    text: str = ""
    id: int | None = None


class Back(Frame, frozen=True, tag="back"):
    """A hint: this member is here again. Not in the log. With `id` it answers the client's own `back`."""

    log: str
    session: str
    nick: str
    id: int | None = None


class Receipt(Frame, frozen=True, tag="receipt"):
    """An entry of one's inbox: the direct message `n` to `nick` was `received` (acknowledged by
    a native client), `sent` (written to a plain one) or `undelivered` (the session ended first)."""

    log: str
    epoch: str
    offset: int
    n: int
    nick: str
    state: str
    time: int


class Gap(Frame, frozen=True, tag="gap"):
    """Offsets `first`..`last` of `log` in epoch `former` may be missing; `last` 0: not known.

    `complete`: up to there this client has everything. With `offset` > 0 it is an entry of the
    log and moves the cursor; else it concerns this client alone. `was`: where that entry stood before.
    """

    log: str
    former: str
    complete: int
    first: int
    last: int = 0
    epoch: str = ""
    offset: int = 0
    was: tuple[Cursor, ...] = ()


class Reconnect(Frame, frozen=True, tag="reconnect"):
    """Move elsewhere. `where`: HOST:PORT or None (any). `after`: wait so many ms first."""

    code: int
    text: str
    where: str | None = None
    after: int = 0


class Member(Struct, frozen=True, omit_defaults=True):
    """A row of `members`. `state`: here, or away: the connection broke. `gone`: away by the user's own choice."""

    nick: str
    session: str
    node: str
    state: str = "here"
    gone: bool = False


class Members(Frame, frozen=True, tag="members"):
    """Answers `who`. `more`: another frame of the same answer follows."""

    members: list[Member]
    room: str | None = None
    more: bool = False
    id: int | None = None


class RoomInfo(Struct, frozen=True):
    room: str
    members: int


class RoomList(Frame, frozen=True, tag="roomlist"):
    """Answers `rooms`. `more`: another frame of the same answer follows."""

    rooms: list[RoomInfo]
    more: bool = False
    id: int | None = None


class WhoisAnswer(Frame, frozen=True, tag="whois"):
    """Answers `whois`. `state`, `gone`: as of a member. `text`: what he says of being away. `since`: when the session
    began, Unix ms. `client`: the program's name, as it says."""

    nick: str
    session: str
    node: str
    since: int
    state: str = "here"
    gone: bool = False
    text: str = ""
    rooms: list[str] = field(default_factory=list)
    client: str = ""
    id: int | None = None


class HistoryEnd(Frame, frozen=True, tag="historyend"):
    """Ends the `message` frames (marked `history`) that answer `history`."""

    room: str
    count: int
    id: int | None = None


class Pong(Frame, frozen=True, tag="pong"):
    """`nodes`: as in `Welcome`, when they are others than were told before; else empty."""

    id: int | None = None
    nodes: list[str] = field(default_factory=list)


class Recovered(Frame, frozen=True, tag="recovered"):
    """The cluster's data began a new life: what was accepted lately may be lost, see `Say.again`."""


class Bye(Frame, frozen=True, tag="bye"):
    """The last frame of a connection that ended in order."""

    text: str = ""


ServerFrame: TypeAlias = (
    Welcome
    | Registered
    | Unregistered
    | Accepted
    | Error
    | Message
    | Joined
    | Left
    | Topic
    | Rights
    | Away
    | Back
    | Receipt
    | Gap
    | Reconnect
    | Members
    | RoomList
    | WhoisAnswer
    | HistoryEnd
    | Pong
    | Recovered
    | Bye
)
