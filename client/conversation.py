"""The session's side of the client: what is said, asked and told, whichever connection carries it.

Pure: no sockets, threads or clock; frames in, events and frames out. `failover` decides which
connection that is. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from client.answers import Answers, accepted
from client.catchup import CatchUp
from client.events import Connected, Doubtful, Event, LeftEvent, MaybeLost
from client.reading import Reading
from client.stay import Stay
from client.unsent import Saying
from wire import frames
from wire.frames import ClientFrame, Hello, ServerFrame, Welcome

Handler = Callable[[Any, float], list[Event]]


class Conversation:
    """Wraps a `Stay`."""

    def __init__(self, stay: Stay) -> None:
        self.stay = stay
        self._reading = Reading(stay)
        self._answers = Answers(stay)
        self._handlers = _handlers(self._reading, self._answers)
        self._former: str | None = None  # a session that was given up, until there is a new one

    # -- what the user does --------------------------------------------------------------

    def say(self, ticket: int, to: str, text: str) -> None:
        """`to`: `#room` or `@nick`, valid. It is in line until an event ends it."""
        self.stay.unsent.add(Saying(ticket, to, text, self.stay.holders.of(to)))

    # -- connections ---------------------------------------------------------------------

    def hello(self) -> Hello:
        """Opens the session, or resumes it if there is one."""
        stay = self.stay
        if stay.session is None:
            return Hello(protocol=_protocol(), client=stay.client_name, nick=stay.nick)
        return Hello(
            protocol=_protocol(),
            client=stay.client_name,
            nick=stay.nick,
            session=stay.session,
            token=stay.token,
            cursors=stay.inbound.cursors,
            n=stay.unsent.known,
        )

    def welcomed(self, frame: Welcome, address: str, now: float) -> list[Event]:
        """A connection carries the session from now on. Raises unsent.Stuck."""
        stay = self.stay
        stay.requests.disconnected()
        former_node, stay.node, stay.nick = stay.node, frame.node, frame.nick
        if frame.session == stay.session:
            return self._resumed(frame, former_node, now)
        former, stay.session, stay.token = stay.session, frame.session, frame.token
        events = self._abandoned() if former is not None else []
        events.append(Connected(frame.node, frame.nick, frame.session, address, former or self._former))
        self._former = None
        return events + self._entered(frame)

    def abandon(self) -> list[Event]:
        """The session is lost for good (R10); the next hello opens a new one."""
        self._former, self.stay.session, self.stay.token = self.stay.session, None, None
        return self._abandoned()

    def disconnected(self) -> None:
        """No answer will come on the connection that carried the session."""
        self.stay.unsent.disconnected()
        self._reading.catch_up = None

    # -- while connected -----------------------------------------------------------------

    def received(self, frame: ServerFrame, now: float) -> list[Event]:
        """Raises Hole, unsent.Stuck."""
        handler = self._handlers.get(type(frame))
        return handler(frame, now) if handler else []

    def outgoing(self, now: float) -> list[ClientFrame]:
        """What to send now, in order."""
        stay = self.stay
        ack = stay.inbound.ack(now)
        return [*([ack] if ack else []), *stay.requests.due(now), *stay.unsent.due(now)]

    def tick(self, now: float) -> list[Event]:
        """Events that come with time."""
        if self._reading.catch_up is None:
            return []
        moved = self._reading.catch_up.check(self.stay.inbound.cursors, now)
        if moved is None:
            return []
        self._reading.catch_up = None
        return [moved]

    def deadline(self) -> float | None:
        """When `tick` and `outgoing` are wanted at the latest."""
        stay = self.stay
        until = self._reading.catch_up.until if self._reading.catch_up else None
        times = (stay.inbound.deadline(), stay.requests.deadline(), stay.unsent.deadline(), until)
        return min((time for time in times if time is not None), default=None)

    # -- inside --------------------------------------------------------------------------

    def _resumed(self, frame: Welcome, former_node: str, now: float) -> list[Event]:
        stay = self.stay
        gone = stay.inbound.resume(frame.logs)
        stay.unsent.resumed(frame.n)
        until = now + stay.settings.catch_up_timeout
        self._reading.catch_up = CatchUp(frame.node, former_node, frame.logs, until)
        return [LeftEvent(room, stay.nick, frame.session, 0, "ended", own=True) for room in gone]

    def _entered(self, frame: Welcome) -> list[Event]:
        stay = self.stay
        stay.inbound.begin(frame.logs)
        events: list[Event] = []
        for log, (epoch, top) in frame.logs.items():
            events += self._reading.lost_with_session(log, epoch, top)
        for room in stay.rooms:
            if room not in frame.logs and not stay.requests.joining(room):
                stay.requests.join(room)
        return events

    def _abandoned(self) -> list[Event]:
        stay = self.stay
        stay.former_cursors |= stay.inbound.cursors
        stay.direct.clear()
        stay.requests.forget_own()
        stay.requests.disconnected()
        self._reading.catch_up = None
        lost = stay.unsent.renew()
        events: list[Event] = [accepted(one, one.place) for one in lost if one.place]
        doubtful = tuple(Doubtful(one.ticket, one.to, one.text) for one in lost if not one.place)
        return [*events, MaybeLost(doubtful)] if doubtful else events


def _protocol() -> tuple[int, int]:
    return (frames.PROTOCOL_MIN, frames.PROTOCOL_MAX)


def _handlers(reading: Reading, answers: Answers) -> Mapping[type[Any], Handler]:
    return {
        frames.Message: reading.message,
        frames.Joined: reading.joined,
        frames.Left: reading.left,
        frames.Topic: reading.topic,
        frames.Receipt: reading.receipt,
        frames.Gap: reading.gap,
        frames.Away: reading.away,
        frames.Back: reading.back,
        frames.Accepted: answers.accepted,
        frames.Error: answers.error,
        frames.Members: answers.members,
        frames.RoomList: answers.roomlist,
        frames.HistoryEnd: answers.history_end,
    }
