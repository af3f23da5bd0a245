"""Answers to questions. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from client.events.messages import AnnounceEvent, MessageEvent
from wire.frames import Member, RoomInfo


@dataclass(frozen=True, slots=True)
class MembersEvent:
    """Answer to `who`. `room` None: everybody in the cluster. `state` of a member: as of a `PresenceHint`."""

    room: str | None
    members: tuple[Member, ...]
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class WhoisEvent:
    """Answer to `whois`. `state`, `text`: as of a `PresenceHint`. `since`: when the session began. `client`: the
    program's name, as it says."""

    nick: str
    session: str
    state: str
    text: str
    since: int
    rooms: tuple[str, ...]
    node: str
    client: str
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class RegisteredEvent:
    """Answer to `register` and `unregister`: whether `nick` is our own now."""

    nick: str
    own: bool
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class RoomsEvent:
    """Answer to `rooms`."""

    rooms: tuple[RoomInfo, ...]
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """Answer to `history`, oldest first; also what was shown before. `announcements`: an operator's among them."""

    room: str
    messages: tuple[MessageEvent, ...]
    ticket: int | None = None
    announcements: tuple[AnnounceEvent, ...] = ()

    @property
    def told(self) -> tuple[MessageEvent | AnnounceEvent, ...]:
        """Both, as they stand in the log."""
        return tuple(sorted((*self.messages, *self.announcements), key=lambda one: one.offset))


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """Answer to a question (join, who, topic …) that was refused. `op`: its name on the wire. `suggestion`: a nickname
    that is free, where one was taken."""

    op: str
    room: str | None
    code: int
    reason: str
    ticket: int | None = None
    suggestion: str | None = None
