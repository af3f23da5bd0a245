"""Logs: their entries, and places in them. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a log entry is."""

    MESSAGE = "message"
    JOINED = "joined"  # with a text: renamed; it is the former nickname
    LEFT = "left"
    TOPIC = "topic"
    RECEIPT = "receipt"
    GAP = "gap"


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


class Publication(msgspec.Struct, frozen=True):
    """What a session says: to `#room`, or to the inbox behind `@mapped-nickname`.

    `holder`: the session that its sender last saw under that nickname; '': none. `refusal`: a `Reason` for which the
    node itself refuses; n is consumed, nothing written. `again`: where it was accepted before, if the sender has reason
    to think that the cluster has lost it since: appended late if it is in no log any more, else its outcome comes (R5).
    `ahead`: milliseconds until the session's bucket of messages is whole again; who takes the session over finds it in
    `Claimed`.
    """

    n: int
    to: str
    text: str
    holder: str = ""
    refusal: str = ""
    again: Position | None = None
    ahead: int = 0


class Published(msgspec.Struct, frozen=True):
    """Outcome of a `say` that is in a log. `log`: `#room` or `@<session>` of the addressee."""

    n: int
    log: str
    position: Position
    time: int
