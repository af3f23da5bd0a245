"""Who is here, and who may not be. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Ban:
    """Of addresses. `until`: Unix ms of Redis's clock, 0: for good; `over`: the same as `time.monotonic()`, infinite
    for good."""

    network: str
    until: int
    why: str
    over: float
