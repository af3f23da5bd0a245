"""The session's side of the client: what is said, asked and told, whichever connection carries it.

Pure: no sockets, threads or clock; frames in, events and frames out. `failover` decides which
connection that is. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from client.answers import Answers, accepted
from client.catchup import CatchUp
from client.events import Connected, Doubtful, Event, LeftEvent, Lost, MaybeLost
from client.kept import Keepsake
from client.reading import Reading
from client.stay import Stay, new_token
from client.unsent import Saying
from wire import frames
from wire.codes import Code
from wire.frames import ClientFrame, Cursor, Hello, ServerFrame, Welcome

Handler = Callable[[Any, float], list[Event]]
_PLACED = (
    frames.Message,
    frames.Accepted,
    frames.Joined,
    frames.Left,
    frames.Receipt,
    frames.Gap,
    frames.Topic,
)


class Conversation:
    """Wraps a `Stay`."""

    def __init__(self, stay: Stay) -> None:
        self.stay = stay
        self._reading = Reading(stay)
        self._answers = Answers(stay)
        self._handlers = _handlers(self._reading, self._answers)
        self._confirming: str | None = None  # a token that has arrived, of which the node is to know
        self._former: str | None = None  # a session that was given up, until there is a new one
        self._orphans: list[Keepsake] = []  # what was accepted under it; the next welcome tells if they are in doubt

    # -- what the user does --------------------------------------------------------------

    def say(self, ticket: int, to: str, text: str) -> None:
        """`to`: `#room` or `@nick`, valid. It is in line until an event ends it."""
        self.stay.unsent.add(Saying(ticket, to, text, self.stay.holders.of(to)))

    # -- connections ---------------------------------------------------------------------

    def hello(self) -> Hello:
        """Opens the session, or resumes it if there is one."""
        stay = self.stay
        if stay.session is None:
            nick = stay.nick if stay.password is None else stay.login
            return Hello(
                protocol=_protocol(),
                client=stay.client_name,
                nick=nick,
                token=stay.token,
                password=stay.password,
                lost=stay.lost,
            )
        return Hello(
            protocol=_protocol(),
            client=stay.client_name,
            nick=stay.nick,
            session=stay.session,
            token=stay.token,
            cursors=stay.inbound.resume_from,
            n=stay.unsent.known,
            rotate=True,
            former=stay.former_token,
        )

    def welcomed(self, frame: Welcome, address: str, now: float) -> list[Event]:
        """A connection carries the session from now on. Raises unsent.Stuck."""
        stay = self.stay
        stay.requests.disconnected()
        former_node, stay.node, stay.nick = stay.node, frame.node, frame.nick
        if frame.session == stay.session:
            self._take_token(frame.token)
            return self._resumed(frame, former_node, now)
        former, stay.session, stay.token = stay.session, frame.session, frame.token or stay.token
        stay.former_token = stay.lost = None
        events = self._abandoned(now) if former is not None else []
        events.append(Connected(frame.node, frame.nick, frame.session, address, former or self._former))
        self._former = None
        return events + self._entered(frame)

    def abandon(self, now: float) -> list[Event]:
        """The session is lost for good (R10); the next hello opens a new one."""
        stay = self.stay
        if stay.session is not None:
            # Its node may bring it back yet, and with it our nickname.
            self._former, stay.lost = stay.session, (stay.session, stay.token, stay.former_token or "")
        stay.session, stay.token = None, new_token()
        stay.former_token = self._confirming = None
        return self._abandoned(now)

    def disconnected(self) -> None:
        """No answer will come on the connection that carried the session."""
        self.stay.unsent.disconnected()
        self.stay.kept.disconnected()
        self._confirming = None  # coming with it will do
        self._reading.catch_up = None

    # -- while connected -----------------------------------------------------------------

    def received(self, frame: ServerFrame, now: float) -> list[Event]:
        """Raises Hole, unsent.Stuck."""
        self.stay.kept.sign(_epoch(frame), now)
        handler = self._handlers.get(type(frame))
        return handler(frame, now) if handler else []

    def outgoing(self, now: float) -> list[ClientFrame]:
        """What to send now, in order."""
        stay = self.stay
        ack = stay.inbound.ack(now)
        again = stay.kept.due(stay.unsent.room, now)
        stay.unsent.owe(len(again))
        confirm, self._confirming = self._confirming, None
        arrived = [frames.Confirm(token=confirm)] if confirm else []
        return [*arrived, *([ack] if ack else []), *stay.requests.due(now), *again, *stay.unsent.due(now)]

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
        again = stay.kept.deadline() if stay.unsent.room else None
        times = (stay.inbound.deadline(), stay.requests.deadline(), stay.unsent.deadline(), again, until)
        return min((time for time in times if time is not None), default=None)

    # -- inside --------------------------------------------------------------------------

    def _take_token(self, token: str | None) -> None:
        """Of a resume: the one before it counts until the node has heard that this one arrived."""
        if token is not None and token != self.stay.token:
            self.stay.former_token, self.stay.token = self.stay.token, token
            self._confirming = token

    def _resumed(self, frame: Welcome, former_node: str, now: float) -> list[Event]:
        stay = self.stay
        cursors = stay.inbound.cursors
        gone = stay.inbound.resume(frame.logs)
        stay.unsent.resumed(frame.n)
        stay.kept.rewound(frame.n)
        for epoch, _ in frame.logs.values():
            stay.kept.sign(epoch, now)
        until = now + stay.settings.catch_up_timeout
        self._reading.catch_up = CatchUp(frame.node, former_node, frame.logs, until)
        return [event for room in gone for event in self._put_out(room, cursors[room])]

    def _put_out(self, room: str, cursor: Cursor) -> list[Event]:
        """The cluster knows nothing of our being in `room` (a rewind), nor what we missed of it."""
        self.stay.rooms.pop(room, None)
        gap = self._reading.lost(room, cursor)
        return [gap, LeftEvent(room, self.stay.nick, self.stay.session or "", 0, "ended", own=True)]

    def _entered(self, frame: Welcome) -> list[Event]:
        stay = self.stay
        stay.inbound.begin(frame.logs)
        orphans, self._orphans = self._orphans, []
        new_life = stay.kept.begin(frame.logs)
        events = _lost(orphans) if new_life else []
        for log, (epoch, top) in frame.logs.items():
            events += self._reading.lost_with_session(log, epoch, top)
        for room in [room for room in stay.rooms if stay.requests.leaving(room)]:
            del stay.rooms[room]  # the old session's end was that
        for room in stay.rooms:
            if room not in frame.logs and not stay.requests.joining(room):
                stay.requests.join(room, key=stay.keys.get(room))
        if stay.gone is not None:
            stay.requests.away(stay.gone)  # the new session knows nothing of it
        return events

    def _abandoned(self, now: float) -> list[Event]:
        stay = self.stay
        doubted, rest = stay.kept.give_up(now)
        self._orphans += rest
        stay.former_cursors |= stay.inbound.cursors
        stay.direct.clear()
        stay.early.clear()
        stay.requests.forget_own()
        stay.requests.disconnected()
        self._reading.catch_up = None
        lost = stay.unsent.renew()
        events = _lost(doubted)
        events += [accepted(one, one.place) for one in lost if one.place]
        doubtful = tuple(Doubtful(one.ticket, one.to, one.text) for one in lost if not one.place)
        return [*events, MaybeLost(doubtful)] if doubtful else events


def _protocol() -> tuple[int, int]:
    return (frames.PROTOCOL_MIN, frames.PROTOCOL_MAX)


def _epoch(frame: ServerFrame) -> str:
    """The present one of a log, if the frame tells it."""
    if not isinstance(frame, _PLACED) or (isinstance(frame, frames.Message) and frame.history):
        return ""
    return frame.epoch if frame.offset > 0 else ""


def _lost(sayings: Sequence[Keepsake]) -> list[Event]:
    doubtful = tuple(Doubtful(one.saying.ticket, one.saying.to, one.saying.text) for one in sayings)
    return [Lost(doubtful, Code.ENDED, "the session ended before it could be said again")] if doubtful else []


def _handlers(reading: Reading, answers: Answers) -> Mapping[type[Any], Handler]:
    return {
        frames.Message: reading.message,
        frames.Joined: reading.joined,
        frames.Left: reading.left,
        frames.Topic: reading.topic,
        frames.Rights: reading.rights,
        frames.Receipt: reading.receipt,
        frames.Gap: reading.gap,
        frames.Away: reading.away,
        frames.Back: reading.back,
        frames.Recovered: reading.recovered,
        frames.Accepted: answers.accepted,
        frames.Error: answers.error,
        frames.Members: answers.members,
        frames.RoomList: answers.roomlist,
        frames.WhoisAnswer: answers.whois,
        frames.Registered: answers.registered,
        frames.Unregistered: answers.unregistered,
        frames.HistoryEnd: answers.history_end,
    }
