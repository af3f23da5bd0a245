"""Rooms, and who may do what in them. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cluster.types.logs import Position

LOBBY = "#lobby"


@dataclass(frozen=True, slots=True)
class Membership:
    """Outcome of join, leave and set_topic. `changed` False: it was so already (position: the log's top)."""

    room: str
    position: Position
    time: int
    changed: bool


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
