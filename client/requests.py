"""Questions that wait for an answer: join, leave, who, and so on.

They are asked again on a new connection, and after a retryable error; each is harmless when it
is carried out twice.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TypeAlias

from client.events import AnnounceEvent, MessageEvent
from wire.frames import (
    ComeBack,
    GoAway,
    GuardRoom,
    HandOver,
    History,
    Invite,
    Join,
    Leave,
    Member,
    Members,
    Mute,
    Register,
    Remove,
    Rename,
    RoomInfo,
    RoomList,
    Rooms,
    SetTopic,
    Unmute,
    Unregister,
    Who,
    Whois,
)
from wire.plain_input import Governing, Naming

Question: TypeAlias = (
    Join | Leave | Who | Rooms | History | SetTopic | Governing | GuardRoom | Naming | GoAway | ComeBack | Whois
)
MAX_TRIES = 8
CAREFUL = 10.0
"""Seconds for which one is asked at a time, after the node said that we were too fast."""
OPS: dict[type[Question], str] = {
    Join: "join",
    Leave: "leave",
    Who: "who",
    Rooms: "rooms",
    History: "history",
    SetTopic: "topic",
    Invite: "invite",
    Remove: "remove",
    Mute: "mute",
    Unmute: "unmute",
    HandOver: "owner",
    GuardRoom: "guard",
    Rename: "nick",
    GoAway: "away",
    ComeBack: "back",
    Whois: "whois",
    Register: "register",
    Unregister: "unregister",
}


@dataclass(slots=True)
class Waiting:
    """`ticket` None: the client asked by itself. The lists collect an answer in several frames."""

    id: int
    frame: Question
    ticket: int | None
    tries: int = 0
    not_before: float | None = 0.0  # None: it was sent
    again: bool = False  # it was sent on an earlier connection, and may have been carried out
    members: list[Member] = field(default_factory=list)
    rooms: list[RoomInfo] = field(default_factory=list)
    messages: list[MessageEvent | AnnounceEvent] = field(default_factory=list)

    @property
    def op(self) -> str:
        return OPS[type(self.frame)]

    @property
    def room(self) -> str | None:
        return getattr(self.frame, "room", None)


class Requests:
    """Pure. One thread at a time."""

    def __init__(self, base: float, cap: float, rng: random.Random) -> None:
        self._base = base
        self._cap = cap
        self._rng = rng
        self._last = 0
        self._waiting: dict[int, Waiting] = {}
        self._rest_until = 0.0  # the node wants to be asked nothing until then
        self._careful_until = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, room: str, ticket: int | None = None, key: str | None = None) -> None:
        self._add(Join(room=room, key=key, id=self._next()), ticket)

    def leave(self, room: str, ticket: int | None = None) -> None:
        self._add(Leave(room=room, id=self._next()), ticket)

    def who(self, room: str | None, ticket: int | None = None) -> None:
        self._add(Who(room=room, id=self._next()), ticket)

    def rooms(self, ticket: int | None = None) -> None:
        self._add(Rooms(id=self._next()), ticket)

    def history(self, room: str, before: int, limit: int, ticket: int | None = None) -> None:
        self._add(History(room=room, before=before, limit=limit, id=self._next()), ticket)

    def topic(self, room: str, text: str | None, ticket: int | None = None) -> None:
        self._add(SetTopic(room=room, text=text, id=self._next()), ticket)

    def govern(self, act: type[Governing], room: str, nick: str, text: str, ticket: int | None = None) -> None:
        self._add(act(room=room, nick=nick, text=text, id=self._next()), ticket)

    def guard(
        self,
        room: str,
        key: str | None,
        invite: bool | None,
        private: bool | None,
        topic: bool | None,
        ticket: int | None = None,
    ) -> None:
        frame = GuardRoom(room=room, key=key, invite=invite, private=private, topic=topic, id=self._next())
        self._add(frame, ticket)

    def rename(self, nick: str, ticket: int | None = None) -> None:
        self._add(Rename(nick=nick, id=self._next()), ticket)

    def away(self, text: str, ticket: int | None = None) -> None:
        self._add(GoAway(text=text, id=self._next()), ticket)

    def back(self, ticket: int | None = None) -> None:
        self._add(ComeBack(id=self._next()), ticket)

    def whois(self, nick: str, ticket: int | None = None) -> None:
        self._add(Whois(nick=nick, id=self._next()), ticket)

    def register(self, password: str, former: str | None = None, ticket: int | None = None) -> None:
        self._add(Register(password=password, id=self._next(), former=former), ticket)

    def unregister(self, password: str, ticket: int | None = None) -> None:
        self._add(Unregister(password=password, id=self._next()), ticket)

    def due(self, now: float) -> list[Question]:
        """What to send now, in order."""
        if now < self._rest_until:
            return []
        ready = [one for one in self._waiting.values() if one.not_before is not None and one.not_before <= now]
        if now < self._careful_until:
            ready = [] if self._owed else ready[:1]
        else:
            self._careful_until = 0.0
        for one in ready:
            one.not_before = None
        return [one.frame for one in ready]

    def deadline(self) -> float | None:
        first = min((one.not_before for one in self._waiting.values() if one.not_before is not None), default=None)
        if first is None:
            return None
        return max(first, self._careful_until if self._owed else 0.0, self._rest_until)

    @property
    def _owed(self) -> bool:
        """Whether the node owes an answer."""
        return any(one.not_before is None for one in self._waiting.values())

    def answered(self, request: int | None, *frames: type[Question]) -> Waiting | None:
        """Ends the request, if it is one of `frames`. None: not ours (any more)."""
        one = self._waiting.get(request) if request is not None else None
        if one is None or not isinstance(one.frame, frames or tuple(OPS)):
            return None
        del self._waiting[one.id]
        return one

    def joined(self, room: str, request: int | None) -> Waiting | None:
        """We are in `room`: ends the request to join it. It is told unasked where its answer was lost."""
        if request is not None:
            return self.answered(request, Join)
        for one in self._waiting.values():
            if isinstance(one.frame, Join) and one.frame.room == room:
                return self.answered(one.id)
        return None

    def left(self, room: str) -> Waiting | None:
        """We are not in `room` any more, whatever we asked: ends the request to leave it, if there is one."""
        for one in self._waiting.values():
            if isinstance(one.frame, Leave) and one.frame.room == room:
                return self.answered(one.id)
        return None

    def set_topic(self, room: str, text: str) -> Waiting | None:
        """The topic that we set is there: ends the request, if there is one."""
        for one in self._waiting.values():
            if isinstance(one.frame, SetTopic) and (one.frame.room, one.frame.text) == (room, text):
                return self.answered(one.id)
        return None

    def renamed(self, nick: str) -> Waiting | None:
        """We are called so: ends the request for it, if there is one."""
        for one in self._waiting.values():
            if isinstance(one.frame, Rename) and one.frame.nick == nick:
                return self.answered(one.id)
        return None

    def left_before(self, request: int) -> str | None:
        """The room that `request` asks again to leave; the first time was carried out, if it can't be left now."""
        one = self._waiting.get(request)
        return one.frame.room if one is not None and one.again and isinstance(one.frame, Leave) else None

    def unregistered_before(self, request: int) -> bool:
        """Whether `request` asks again to unregister; the first time was carried out, if it can't be done now."""
        one = self._waiting.get(request)
        return one is not None and one.again and isinstance(one.frame, Unregister)

    def members(self, frame: Members) -> Waiting | None:
        """Collects; the request when the answer is whole."""
        one = self._waiting.get(frame.id or 0)
        if one is None:
            return None
        one.members += frame.members
        return None if frame.more else self.answered(one.id, Who)

    def roomlist(self, frame: RoomList) -> Waiting | None:
        """Collects; the request when the answer is whole."""
        one = self._waiting.get(frame.id or 0)
        if one is None:
            return None
        one.rooms += frame.rooms
        return None if frame.more else self.answered(one.id, Rooms)

    def collecting(self, room: str) -> Waiting | None:
        """The history request of `room` that is being answered, if any."""
        for one in self._waiting.values():
            if isinstance(one.frame, History) and one.frame.room == room and one.not_before is None:
                return one
        return None

    def retry(self, request: int, now: float) -> bool:
        """Ask again later. False: too often already, or not ours."""
        one = self._waiting.get(request)
        if one is None or one.tries >= MAX_TRIES:
            return False
        one.tries += 1
        one.not_before = now + min(self._cap, self._base * 2.0**one.tries) * self._rng.uniform(0.5, 1.0)
        return True

    def too_fast(self, request: int, after: float, now: float) -> bool:
        """The node wants to be asked nothing for `after` seconds; then all that waits is asked in its order, one at a
        time. False: not ours."""
        one = self._waiting.get(request)
        if one is None:
            return False
        one.not_before = self._rest_until = max(self._rest_until, now + after)
        self._careful_until = self._rest_until + CAREFUL
        return True

    def disconnected(self) -> None:
        """All are to be asked again."""
        for one in self._waiting.values():
            one.again = one.again or one.not_before is None
            one.not_before = 0.0
            one.members.clear()
            one.rooms.clear()
            one.messages.clear()

    def forget_own(self) -> None:
        """Drops what the client asked by itself."""
        self._waiting = {number: one for number, one in self._waiting.items() if one.ticket is not None}

    def joining(self, room: str) -> bool:
        return any(isinstance(one.frame, Join) and one.frame.room == room for one in self._waiting.values())

    def leaving(self, room: str) -> bool:
        return any(isinstance(one.frame, Leave) and one.frame.room == room for one in self._waiting.values())

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _add(self, frame: Question, ticket: int | None) -> None:
        self._waiting[self._last] = Waiting(self._last, frame, ticket)
