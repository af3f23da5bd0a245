"""Answers to what this client said or asked: frames -> events."""

from __future__ import annotations

from msgspec.structs import replace

from client.events import (
    AcceptedEvent,
    AnnounceEvent,
    Doubtful,
    Event,
    HistoryEvent,
    LeftEvent,
    Lost,
    MembersEvent,
    MessageEvent,
    Notice,
    ReceiptEvent,
    RefusedEvent,
    RegisteredEvent,
    RequestRefused,
    Retrying,
    RoomsEvent,
    WhoisEvent,
)
from client.requests import Requests
from client.stay import Stay
from client.unsent import Place, Saying
from wire.codes import Code, may_retry
from wire.frames import (
    Accepted,
    Error,
    History,
    HistoryEnd,
    Members,
    Register,
    Registered,
    RoomList,
    Unregister,
    Unregistered,
    Whois,
    WhoisAnswer,
)
from wire.text import action

ANNOUNCED = 1
"""The n of every announcement: each is a session of its own."""
HERE, AWAY, RECONNECTING = "here", "away", "reconnecting"


class Answers:
    """Pure. One thread at a time."""

    def __init__(self, stay: Stay) -> None:
        self._stay = stay

    @property
    def _requests(self) -> Requests:
        return self._stay.requests

    def accepted(self, frame: Accepted, now: float) -> list[Event]:
        saying = self._stay.unsent.outcome(frame.n)
        place = Place(frame.log, frame.epoch, frame.offset, frame.time)
        if saying is None:
            self._stay.kept.answered(frame.n, place)
            return []
        self._stay.kept.add(saying, place, now)
        events: list[Event] = [accepted(saying, place)]
        if saying.to.startswith("@"):
            events += self._receipt(frame.n, saying.ticket)
        return events

    def _receipt(self, n: int, ticket: int) -> list[Event]:
        early = self._stay.early.pop(n, None)
        if early is None:
            self._stay.await_receipt(n, ticket)
            return []
        self._stay.kept.drop(n)
        return [ReceiptEvent(n, early.nick, early.state, early.time, ticket)]

    def error(self, frame: Error, now: float) -> list[Event]:
        """An error that is no reason to leave the connection."""
        if frame.n is not None:
            return self._say_failed(frame, frame.n, now)
        if frame.id is not None:
            return self._request_failed(frame, frame.id, now)
        return [Notice(frame.code, frame.text)]

    def members(self, frame: Members, now: float) -> list[Event]:
        for member in frame.members:
            # A list of the whole cluster does not tell the sessions.
            if member.session:
                self._stay.holders.saw(member.nick, member.session)
        done = self._requests.members(frame)
        if done is None:
            return []
        told = (replace(member, state=state_of(member.state, member.gone)) for member in done.members)
        return [MembersEvent(frame.room, tuple(told), done.ticket)]

    def whois(self, frame: WhoisAnswer, now: float) -> list[Event]:
        self._stay.holders.saw(frame.nick, frame.session)
        asked = self._requests.answered(frame.id, Whois)
        if asked is None:
            return []
        state, rooms = state_of(frame.state, frame.gone), tuple(frame.rooms)
        return [
            WhoisEvent(
                frame.nick, frame.session, state, frame.text, frame.since, rooms, frame.node, frame.client, asked.ticket
            )
        ]

    def registered(self, frame: Registered, now: float) -> list[Event]:
        asked = self._requests.answered(frame.id, Register)
        if asked is None or not isinstance(asked.frame, Register):
            return []
        self._stay.login, self._stay.password = frame.nick, asked.frame.password
        return [RegisteredEvent(frame.nick, True, asked.ticket)]

    def unregistered(self, frame: Unregistered, now: float) -> list[Event]:
        asked = self._requests.answered(frame.id, Unregister)
        if asked is None:
            return []
        self._stay.password = None
        return [RegisteredEvent(frame.nick, False, asked.ticket)]

    def roomlist(self, frame: RoomList, now: float) -> list[Event]:
        done = self._requests.roomlist(frame)
        return [RoomsEvent(tuple(done.rooms), done.ticket)] if done else []

    def history_end(self, frame: HistoryEnd, now: float) -> list[Event]:
        done = self._requests.answered(frame.id, History)
        if done is None:
            return []
        # What came before the answer's own `count` belongs to a joining just before it.
        cut = max(0, len(done.messages) - frame.count)
        before, answer = done.messages[:cut], done.messages[cut:]
        events: list[Event] = [message for message in before if self._first_time(frame.room, message)]
        messages = tuple(one for one in answer if isinstance(one, MessageEvent))
        announcements = tuple(one for one in answer if isinstance(one, AnnounceEvent))
        return [*events, HistoryEvent(frame.room, messages, done.ticket, announcements)]

    def _first_time(self, room: str, told: MessageEvent | AnnounceEvent) -> bool:
        session, n = (told.id, ANNOUNCED) if isinstance(told, AnnounceEvent) else (told.session, told.n)
        return self._stay.inbound.first_time(room, session, n)

    def _say_failed(self, frame: Error, n: int, now: float) -> list[Event]:
        unsent = self._stay.unsent
        if frame.code == Code.OUT_OF_ORDER and frame.last is not None:
            unsent.out_of_order(frame.last)
            self._stay.kept.rewound(frame.last)
            return []
        if frame.code == Code.RATE_LIMITED:
            return self._too_fast(frame, n, now)
        if may_retry(frame.code):
            waiting = unsent.retry(n, now)
            if waiting is None:
                self._stay.kept.retry(n, now)
                return []
            return [Retrying(waiting.ticket, waiting.to, frame.code, frame.text, waiting.tries)]
        saying = unsent.outcome(n)
        if saying is None:
            return self._lost(frame, n)
        self._stay.early.pop(n, None)
        if frame.code == Code.ADDRESSEE_CHANGED:
            self._stay.holders.forget(saying.to)
        return [RefusedEvent(saying.ticket, saying.to, saying.text, frame.code, frame.text)]

    def _too_fast(self, frame: Error, n: int, now: float) -> list[Event]:
        """Told once for all that was on its way."""
        first = self._stay.unsent.too_fast(n, frame.after / 1000, now)
        if first is None:
            self._stay.kept.retry(n, now, frame.after / 1000)
            return []
        return [Retrying(first.ticket, first.to, frame.code, frame.text, first.tries)]

    def _lost(self, frame: Error, n: int) -> list[Event]:
        saying = self._stay.kept.failed(n)
        if saying is None:
            return []
        self._stay.direct.pop(n, None)
        return [Lost((Doubtful(saying.ticket, saying.to, saying.text),), frame.code, frame.text)]

    def _request_failed(self, frame: Error, request: int, now: float) -> list[Event]:
        if frame.code == Code.RATE_LIMITED and self._requests.too_fast(request, frame.after / 1000, now):
            return []
        if may_retry(frame.code) and self._requests.retry(request, now):
            return []
        room = self._requests.left_before(request) if frame.code == Code.NOT_MEMBER else None
        if room is not None and self._stay.inbound.track(room) is not None:
            return []  # what is still owed of the room is on its way, and our left entry at its end
        if frame.code in (Code.NOT_ADMITTED, Code.NOT_REGISTERED) and self._requests.unregistered_before(request):
            return self.unregistered(Unregistered(self._stay.nick, request), now)
        done = self._requests.answered(request)
        if done is None:
            return []
        if room is not None:
            return [LeftEvent(room, self._stay.nick, self._stay.session or "", 0, "left", True, done.ticket)]
        return [RequestRefused(done.op, done.room, frame.code, frame.text, done.ticket, frame.suggestion)]


def state_of(connection: str, gone: bool) -> str:
    """here, away (by choice) or reconnecting. `connection`: here or away, as nodes call it."""
    if connection != HERE:
        return RECONNECTING
    return AWAY if gone else HERE


def accepted(saying: Saying, place: Place) -> AcceptedEvent:
    deed = action(saying.text)
    return AcceptedEvent(
        ticket=saying.ticket,
        n=saying.n,
        to=saying.to,
        text=saying.text if deed is None else deed,
        log=place.log,
        epoch=place.epoch,
        offset=place.offset,
        time=place.time,
        action=deed is not None,
    )
