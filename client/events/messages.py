"""What was said, and what of it is missing. Pure data; `room` None: to us alone."""

from __future__ import annotations

from dataclasses import dataclass


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
