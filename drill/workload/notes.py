"""From what the library tells to what a history notes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from client.events import (
    AcceptedEvent,
    Event,
    GapEvent,
    JoinedEvent,
    LeftEvent,
    MaybeLost,
    MessageEvent,
    RefusedEvent,
)
from drill.history import Happening, Kind
from drill.workload.texts import key

RACERS = "race-"
"""What the nicknames begin with that several clients hold in turn. Of their coming and going only their own claims
tell, so others do not note it."""


CAST = "cast-"
"""What the nicknames of those begin with who play the scenes (drill/workload/scene.py): they come, are called otherwise
and go all the time, and say themselves what they asked and what they were answered. Others do not note that either."""
UNNOTED = (RACERS, CAST)


class Notes(Protocol):
    """What the workload needs of a history. Any thread."""

    def add(self, happening: Happening) -> None:
        """Notes it; what one thread adds stays in its order."""

    def count(self, kind: Kind, client: str | None = None) -> int:
        """How many of `kind` (of `client`)."""


class Gate:
    """Notes until it is shut. Any thread."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._is_shut = False

    def add(self, happening: Happening) -> None:
        """Dropped when it is shut."""
        if not self._is_shut:
            self._notes.add(happening)

    def count(self, kind: Kind, client: str | None = None) -> int:
        """How many of `kind` (of `client`)."""
        return self._notes.count(kind, client)

    def shut(self) -> None:
        """What comes from now on is no part of the drill. Idempotent."""
        self._is_shut = True


def shown(history: bool, late: bool) -> Kind:
    """How a message that somebody was shown is noted."""
    if history:
        return Kind.HISTORY
    return Kind.LATE if late else Kind.RECEIVED


def happenings(nick: str, node: str, event: Event) -> list[Happening]:
    """What `event` means for the history, as long as it needs no memory of what was before."""
    translate = _TRANSLATIONS.get(type(event))
    return translate(nick, node, event) if translate else []


def _message(nick: str, node: str, event: MessageEvent) -> list[Happening]:
    kind = shown(event.history, event.late)
    return [
        Happening(
            nick, kind, event.room or "@", event.nick, key(event.text), event.epoch, event.offset,
            node=node, session=event.session, n=event.n,
        )
    ]  # fmt: skip


def _accepted(nick: str, node: str, event: AcceptedEvent) -> list[Happening]:
    words = key(event.text)
    return [Happening(nick, Kind.ACCEPTED, event.to, "", words, event.epoch, event.offset, node=node, n=event.n)]


def _refused(nick: str, node: str, event: RefusedEvent) -> list[Happening]:
    return [Happening(nick, Kind.REFUSED, event.to, f"{event.code}", key(event.text), node=node)]


def _maybe_lost(nick: str, node: str, event: MaybeLost) -> list[Happening]:
    return [Happening(nick, Kind.UNSURE, one.to, "", key(one.text), node=node) for one in event.sayings]


def _joined(nick: str, node: str, event: JoinedEvent) -> list[Happening]:
    return [] if event.own else told(nick, Kind.JOINED, event.room, event.nick, node)


def _left(nick: str, node: str, event: LeftEvent) -> list[Happening]:
    return [] if event.own else told(nick, Kind.LEFT, event.room, event.nick, node)


def told(nick: str, kind: Kind, room: str, who: str, node: str) -> list[Happening]:
    """`nick` was told that `who` joined or left `room`."""
    return [] if who.startswith(UNNOTED) else [Happening(nick, kind, room, who, node=node)]


def _gap(nick: str, node: str, event: GapEvent) -> list[Happening]:
    where, epoch = event.room or "@", event.former
    return [Happening(nick, Kind.GAP, where, epoch=epoch, first=event.first, last=event.last, node=node)]


_TRANSLATIONS: Mapping[type[Any], Callable[[str, str, Any], list[Happening]]] = {
    MessageEvent: _message,
    AcceptedEvent: _accepted,
    RefusedEvent: _refused,
    MaybeLost: _maybe_lost,
    JoinedEvent: _joined,
    LeftEvent: _left,
    GapEvent: _gap,
}
