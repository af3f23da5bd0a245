"""Sessions: what they are called, whose they are, and what a node keeps of them. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from cluster.types.logs import Position


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
