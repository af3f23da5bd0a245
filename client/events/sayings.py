"""What became of what we said. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


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
class ReceiptEvent:
    """What became of the direct message `n` to `nick`: received, sent (plain client), undelivered."""

    n: int
    nick: str
    state: str
    time: int
    ticket: int | None = None
