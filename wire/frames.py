"""The frames of the native dialect: one JSON object a line, told apart by `op`.

Pure data. Decoding and encoding is in `codec`, which frame is legal when in `states`.
Unknown fields are ignored by the decoder, so that old and new clients and nodes mix.
Fields that hold their default are left out on the wire: bytes are what fan-out costs.
A log is named `#room`, or `@` for the session's own inbox; a cursor is `[epoch, offset]`.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from msgspec import Struct, field

PROTOCOL_MIN = 1
PROTOCOL_MAX = 1
INBOX = "@"

Cursor: TypeAlias = tuple[str, int]
Cursors: TypeAlias = dict[str, Cursor]


class Frame(Struct, frozen=True, omit_defaults=True, tag_field="op"):
    """Base of all frames."""


# -- what a client sends -----------------------------------------------------------------


class Hello(Frame, tag="hello"):
    """Opens a session (`nick`) or resumes one (`session`, `token`, `cursors`, `n`).

    `protocol` is (lowest, highest) that the client speaks. `cursors`: for each log what was
    received last. `n`: the highest n whose outcome the client knows.
    """

    protocol: tuple[int, int] = (1, 1)
    client: str = ""
    nick: str | None = None
    session: str | None = None
    token: str | None = None
    cursors: Cursors = field(default_factory=dict)
    n: int = 0


class Say(Frame, tag="say"):
    """`to` is `#room` or `@nick`. `holder`: the session that the sender last saw under that nick."""

    n: int
    to: str
    text: str
    holder: str | None = None


class Ack(Frame, tag="ack"):
    """Cumulative: everything up to each cursor has reached the user."""

    cursors: Cursors


class Join(Frame, tag="join"):
    room: str
    id: int | None = None


class Leave(Frame, tag="leave"):
    room: str
    id: int | None = None


class Who(Frame, tag="who"):
    """Members of `room`, or everybody in the cluster when it is left out."""

    room: str | None = None
    id: int | None = None


class Rooms(Frame, tag="rooms"):
    id: int | None = None


class History(Frame, tag="history"):
    """Up to `limit` messages of `room` before offset `before` (0: the newest)."""

    room: str
    before: int = 0
    limit: int = 50
    id: int | None = None


class Ping(Frame, tag="ping"):
    id: int | None = None


class Quit(Frame, tag="quit"):
    pass


# -- what a node sends -------------------------------------------------------------------


class Welcome(Frame, tag="welcome"):
    """The session is this connection's. `logs`: the top of each of its logs now.

    `token` comes with a new session only. `n`: last n consumed. `heartbeat`: seconds within
    which the client must send something. `nodes`: addresses of the other nodes.
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


class Accepted(Frame, tag="accepted"):
    """The message (session, n) is in the log `log` at `epoch`, `offset`. `time`: Unix ms.

    For a direct message `log` is `@nick`, the addressee's inbox.
    """

    n: int
    log: str
    epoch: str
    offset: int
    time: int


class Error(Frame, tag="error"):
    """`n`, `id`: which request it answers. `last`: with OUT_OF_ORDER. `suggestion`: with NICK_TAKEN."""

    code: int
    text: str
    n: int | None = None
    id: int | None = None
    last: int | None = None
    suggestion: str | None = None


class Message(Frame, tag="message"):
    """`history`: it was said before this client came and is told outside the order of the log."""

    log: str
    epoch: str
    offset: int
    session: str
    n: int
    nick: str
    text: str
    time: int
    history: bool = False


class Joined(Frame, tag="joined"):
    """Somebody joined; with `count` it answers the client's own `join` (or `hello`).

    `members`: nicknames, at most `MEMBERS_SHOWN` of `count`. The room's last messages follow
    as `message` frames with `history`.
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


class Left(Frame, tag="left"):
    """Somebody left (`reason`: left, quit, expired, ended); the answer to one's own `leave`."""

    log: str
    epoch: str
    offset: int
    session: str
    nick: str
    time: int
    reason: str = ""
    id: int | None = None


class Topic(Frame, tag="topic"):
    """Reserved: the room's topic was changed."""

    log: str
    epoch: str
    offset: int
    nick: str
    time: int
    text: str = ""


class Away(Frame, tag="away"):
    """A hint: this member's connection broke. Not in the log."""

    log: str
    session: str
    nick: str


class Back(Frame, tag="back"):
    """A hint: this member is connected again. Not in the log."""

    log: str
    session: str
    nick: str


class Receipt(Frame, tag="receipt"):
    """An entry of one's inbox: the direct message `n` to `nick` was `received` (acknowledged by
    a native client), `sent` (written to a plain one) or `undelivered` (the session ended first)."""

    log: str
    epoch: str
    offset: int
    n: int
    nick: str
    state: str
    time: int


class Gap(Frame, tag="gap"):
    """Offsets `first`..`last` of `log` in epoch `former` may be missing; `last` 0: not known.

    `complete`: up to there this client has everything. With `offset` > 0 it is an entry of the
    log and moves the cursor; else it concerns this client alone.
    """

    log: str
    former: str
    complete: int
    first: int
    last: int = 0
    epoch: str = ""
    offset: int = 0


class Reconnect(Frame, tag="reconnect"):
    """Move elsewhere. `where`: HOST:PORT or None (any). `after`: wait so many ms first."""

    code: int
    text: str
    where: str | None = None
    after: int = 0


class Member(Struct, frozen=True, omit_defaults=True):
    """A row of `members`. `state`: here or away."""

    nick: str
    session: str
    node: str
    state: str = "here"


class Members(Frame, tag="members"):
    """Answers `who`. `more`: another frame of the same answer follows."""

    members: list[Member]
    room: str | None = None
    more: bool = False
    id: int | None = None


class RoomInfo(Struct, frozen=True):
    room: str
    members: int


class RoomList(Frame, tag="roomlist"):
    """Answers `rooms`. `more`: another frame of the same answer follows."""

    rooms: list[RoomInfo]
    more: bool = False
    id: int | None = None


class HistoryEnd(Frame, tag="historyend"):
    """Ends the `message` frames (marked `history`) that answer `history`."""

    room: str
    count: int
    id: int | None = None


class Pong(Frame, tag="pong"):
    id: int | None = None


class Bye(Frame, tag="bye"):
    """The last frame of a connection that ended in order."""

    text: str = ""


ClientFrame: TypeAlias = Hello | Say | Ack | Join | Leave | Who | Rooms | History | Ping | Quit
ServerFrame: TypeAlias = (
    Welcome | Accepted | Error | Message | Joined | Left | Topic | Away | Back | Receipt | Gap
    | Reconnect | Members | RoomList | HistoryEnd | Pong | Bye
)
RESERVED_OPS = frozenset({"nick", "topic", "away", "whois", "me"})
