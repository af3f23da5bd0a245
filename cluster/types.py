"""The words that a node and the cluster package exchange. Pure data, no Redis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import NamedTuple

import msgspec

LOBBY = "#lobby"


class Reason(StrEnum):
    """Why a script refused. Stored as the outcome of an n, so the strings are part of the data."""

    NICK_TAKEN = "nick_taken"
    LOOKS_ALIKE = "looks_alike"
    NOT_ADMITTED = "not_admitted"
    NOT_REGISTERED = "not_registered"
    RATE_LIMITED = "rate_limited"
    REGAINED = "regained"
    TOKEN_SPENT = "token_spent"
    KICKED = "kicked"
    BANNED = "banned"
    RESUME_REFUSED = "resume_refused"
    SESSION_EXISTS = "session_exists"
    NO_SUCH_NICK = "no_such_nick"
    ADDRESSEE_CHANGED = "addressee_changed"
    NOT_MEMBER = "not_member"
    LOG_SPOILT = "log_spoilt"
    INBOX_FULL = "inbox_full"
    TOO_MANY_ROOMS = "too_many_rooms"
    ROOM_FULL = "room_full"
    TOO_MANY_ROOMS_IN_ALL = "too_many_rooms_in_all"
    OUT_OF_ORDER = "out_of_order"
    FORGOTTEN = "forgotten"
    TEXT_TOO_LONG = "text_too_long"
    BAD_TEXT = "bad_text"
    BAD_ROOM = "bad_room"
    BAD_NICK = "bad_nick"
    BAD_FRAME = "bad_frame"
    WRONG_KEY = "wrong_key"
    NOT_INVITED = "not_invited"
    NOT_OWNER = "not_owner"
    MUTED = "muted"
    REMOVED = "removed"


class Kind(StrEnum):
    """What a log entry is."""

    MESSAGE = "message"
    JOINED = "joined"  # with a text: renamed; it is the former nickname
    LEFT = "left"
    TOPIC = "topic"
    RECEIPT = "receipt"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Name:
    """A nickname: as shown, and as compared (RFC 8266)."""

    shown: str
    mapped: str


class Lost(NamedTuple):
    """A session that its client has given up; '' and (): none. Of its last tokens the hashes, newest first."""

    session: str = ""
    token_hashes: tuple[str, ...] = ()


NOTHING_LOST = Lost()


class Position(msgspec.Struct, frozen=True):
    """Where a log stands: its epoch, and the offset of its newest entry (0: empty)."""

    epoch: str
    offset: int


class Entry(msgspec.Struct, frozen=True):
    """One entry of a log. A struct, since one is made for each message that a node hears.

    `log`: `#room`, or `@<session>` for an inbox. `time`: Unix ms. `kind`: see `Kind`.
    `session`, `n`, `nick`: who said it (a message's identity is session and n).
    `text`: message text; for JOINED empty, or the former nickname of a member; for LEFT the reason; for RECEIPT
    received / sent / undelivered, where n and nick are those of the direct message and its addressee; for GAP
    `<former> <first> <last>`.
    `was`: its places in earlier epochs, if it was lost and brought back. `late`: and that only after others
    that were said later, so that its place promises no order.
    """

    log: str
    epoch: str
    offset: int
    time: int
    kind: str
    session: str
    n: int
    nick: str
    text: str
    late: bool = False
    was: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Entries of a log after a cursor, mapped to the log's present epoch.

    `start`: the offset from which `entries` begin (their first one, if any).
    `top`: the log's top when read. `former`, `lost_first`, `lost_last`: set when the
    cursor reached beyond what is left (`lost_last` 0: unknown), see rule R5; also when the log was trimmed.
    `is_astray`: nobody knows what the cursor means, so what is there up to `top` may be older than what it stands for.
    """

    position: Position
    start: int
    entries: tuple[Entry, ...]
    former: str = ""
    lost_first: int = 0
    lost_last: int = 0
    is_astray: bool = False


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """What a node must remember of a session to re-claim it after Redis lost its data."""

    session: str
    claim: str
    name: Name
    token_hash: str
    address: str
    since: int
    n: int
    rooms: tuple[str, ...]
    away: bool = False
    positions: Mapping[str, Position] = field(default_factory=dict)
    """Room and inbox logs -> up to where they were offered at this node, in the last life that it read to its end."""
    told: Mapping[str, Sequence[Position]] = field(default_factory=dict)
    """Logs -> further positions that this session was given in answers. They may be of a life of the log that nothing
    was offered of yet."""
    taken: int = 0
    """`Claimed.taken`. 0: not known; then of two nodes that believe to hold it the first one wins."""
    gone: str | None = None
    """What the user says of being away by his own choice; None: he isn't."""
    client: str = ""
    owner: str = ""
    """`Claimed.owner`."""
    open_tokens: str = ""
    """Hashes of tokens that count beside `token_hash`, with blanks."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A session that is now this connection's.

    `logs`: `#room` / `@<session>` -> where it stands. `owed`: of a resumed session, after which offset each log is
    owed to a client that has no cursor (it never heard that it joined, say); at the latest `logs`.
    `taken`: Redis time of the claim, µs, to be given back in `SessionRecord`. `parted`: of a resumed session, the
    rooms that it left lately, and the place of its left entry in each: up to there the room is owed to it. `gone`: what
    the user says of being away by his own choice; None: he isn't. `ahead`: of a resumed session,
    milliseconds until its buckets of messages and of joins are whole. `order`: rises with each that this process is
    given, as the cluster carried the claims out.
    """

    session: str
    claim: str
    name: Name
    n: int
    since: int
    logs: Mapping[str, Position]
    resumed: bool
    taken: int = 0
    owed: Mapping[str, Position] = field(default_factory=dict)
    parted: Mapping[str, Position] = field(default_factory=dict)
    gone: str | None = None
    ahead: tuple[int, int] = (0, 0)
    owner: str = ""
    """Whose it is, if its nickname is registered: the account's id, and how much of the owner's mail was handed over to
    it; to be given back in `SessionRecord`."""
    tokens: tuple[str, ...] = ()
    """Hashes of the tokens that count from now on, the newest first. (): the one that it was asked with."""
    # One thread makes all of them, the publisher's, from answers in order. `taken` would not do: a clock may step back.
    order: int = field(default_factory=count(1).__next__, compare=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A registered nickname: its id, and the hash of its password in PHC form."""

    id: str
    hash: str = field(repr=False)


class Published(msgspec.Struct, frozen=True):
    """Outcome of a `say` that is in a log. `log`: `#room` or `@<session>` of the addressee."""

    n: int
    log: str
    position: Position
    time: int


@dataclass(frozen=True, slots=True)
class Membership:
    """Outcome of join, leave and set_topic. `changed` False: it was so already (position: the log's top)."""

    room: str
    position: Position
    time: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Renamed:
    """Outcome of rename. `changed` False: it was called so already. `taken`, `owner`: as of `Claimed`, from now on.
    `room`: one of those with an entry of it, at `position`; '': none."""

    former: str
    time: int
    changed: bool
    taken: int
    room: str
    position: Position
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a room is about; '': nothing. Who set or cleared it, and when, Unix ms (0: nobody ever did)."""

    text: str
    nick: str
    time: int


@dataclass(frozen=True, slots=True)
class Company:
    """Who is in a room: how many in all, some of their nicknames; and the room's topic."""

    count: int
    nicks: list[str]
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """`state`: here, or away: the connection broke. `gone`: away by the user's own choice."""

    nick: str
    session: str
    node: str
    state: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Person(Member):
    """Who holds a nickname. `text`: what he says of being away. `since`: Unix ms. `client`: the program's name."""

    text: str = ""
    since: int = 0
    rooms: tuple[str, ...] = ()
    client: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """A hint about a member of `room`. `state`: here, away (the connection broke) or gone (by choice, of which he says
    `text`)."""

    room: str
    session: str
    nick: str
    state: str
    text: str = ""


class Guard(StrEnum):
    """What a room may demand."""

    KEY = "key"  # who comes in names it
    INVITE = "invite"  # only who was invited comes in
    PRIVATE = "private"  # only members know that it is there
    TOPIC = "topic"  # only the owner sets it


@dataclass(frozen=True, slots=True)
class Guarding:
    """What an owner changes of his room. `changes`: which guards shall hold, and which not. `digest`: of a new key,
    '' without one."""

    changes: Mapping[Guard, bool]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may do what in a room, as one of its members is told. `owner`: a nickname, '': nobody. `own`: it is his.
    `guards`: those that hold. `yours`: muted, invited or ''. The lists are nicknames, for the owner alone."""

    room: str
    owner: str
    guards: frozenset[Guard]
    own: bool = False
    yours: str = ""
    invited: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: bool = False
    fallen: bool = False
    """Nobody was in it any more, and what was said behind its guards is for nobody."""


@dataclass(frozen=True, slots=True)
class RightHint:
    """Something that the owner of `room`, called `by`, has done for or to `session`. `what`: invited, muted, unmuted,
    owner (the room is its now; `by` may be ''). `text`: his words."""

    session: str
    what: str
    room: str
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ban:
    """Of addresses. `until`: Unix ms of Redis's clock, 0: for good; `over`: the same as `time.monotonic()`, infinite
    for good."""

    network: str
    until: int
    why: str
    over: float


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as the others see it. `age`: seconds since its last heartbeat."""

    node: str
    boot: str
    address: str
    http: str
    state: str
    version: str
    clients: int
    age: float
    alive: bool
    recalls: bool = False  # it tells a new term when it has brought back all that it remembers
