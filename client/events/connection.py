"""What becomes of the connection and the session. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from client.errors import ChatError


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
class Notice:
    """Something a node said about the connection; the chat goes on."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last event. `error` None: quit in order."""

    error: ChatError | None = None
