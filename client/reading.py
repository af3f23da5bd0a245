"""Entries of the logs, as they come in: frames -> events."""

from __future__ import annotations

from collections import deque

from client.answers import AWAY, HERE, state_of
from client.catchup import CatchUp
from client.errors import ChatError
from client.events import (
    AnnounceEvent,
    Event,
    GapEvent,
    JoinedEvent,
    LeftEvent,
    MessageEvent,
    PresenceHint,
    ReceiptEvent,
    RenamedEvent,
    RightHint,
    RightsEvent,
    TopicEvent,
)
from client.inbound import Verdict
from client.requests import Waiting
from client.stay import Stay
from client.unsent import Place
from wire.frames import (
    INBOX,
    Away,
    Back,
    ComeBack,
    Cursor,
    Gap,
    GoAway,
    GuardRoom,
    Join,
    Joined,
    Leave,
    Left,
    Message,
    Receipt,
    Recovered,
    Rename,
    Rights,
    SetTopic,
    Topic,
)
from wire.text import action

TOLD_KEPT = 64


class Hole(ChatError):
    """An entry came though the one before it had not: resume from the cursor."""


class Reading:
    """Pure. One thread at a time."""

    def __init__(self, stay: Stay) -> None:
        self._stay = stay
        self.catch_up: CatchUp | None = None
        self._told: deque[tuple[str, str, int]] = deque(maxlen=TOLD_KEPT)  # places of entries, told by an answer

    def message(self, frame: Message, now: float) -> list[Event]:
        if frame.history:
            return self._history(frame)
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        if not fresh:
            return events
        if not frame.is_announcement:
            self._stay.holders.saw(frame.nick, frame.session)
        if frame.session == self._stay.session:
            place = Place(frame.log, frame.epoch, frame.offset, frame.time)
            self._stay.unsent.saw(frame.n, place)
            self._stay.kept.saw(frame.n, place)
        inbound = self._stay.inbound
        first = inbound.first_time(frame.log, frame.session, frame.n)
        if first and not inbound.has_had(frame.log, frame.was):
            events.append(self._as_event(frame))
        inbound.came_back(frame.log, frame.was)
        return events

    def joined(self, frame: Joined, now: float) -> list[Event]:
        if frame.former:
            return self._renamed(frame, now) if frame.id is None else self._rename_answered(frame)
        if frame.session == self._stay.session and not self._had_before(frame):
            return self._joined_ourselves(frame, now)
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        if fresh:
            self._stay.holders.saw(frame.nick, frame.session)
        if fresh and not self._stay.inbound.has_had(frame.log, frame.was):
            events.append(JoinedEvent(frame.log, frame.nick, frame.session, frame.time))
        return events

    def left(self, frame: Left, now: float) -> list[Event]:
        if frame.session == self._stay.session and not self._had_before(frame):
            return self._left_ourselves(frame)
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        if fresh and not self._stay.inbound.has_had(frame.log, frame.was):
            events.append(LeftEvent(frame.log, frame.nick, frame.session, frame.time, frame.reason, why=frame.why))
        return events

    def _renamed(self, frame: Joined, now: float) -> list[Event]:
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        if fresh:
            self._stay.holders.saw(frame.nick, frame.session)
        told = (frame.log, frame.epoch, frame.offset) in self._told
        if fresh and not told and not self._stay.inbound.has_had(frame.log, frame.was):
            own = frame.session == self._stay.session
            asked = self._stay.requests.renamed(frame.nick) if own else None
            events.append(self._renaming(frame, frame.log, asked))
        return events

    def _rename_answered(self, frame: Joined) -> list[Event]:
        """As of a topic: the first of answer and entry is told."""
        asked = self._stay.requests.answered(frame.id, Rename)
        if asked is None:
            return []
        if frame.offset:
            self._told.append((frame.log, frame.epoch, frame.offset))
        return [self._renaming(frame, frame.log or next(iter(self._stay.inbound.rooms), ""), asked)]

    def _renaming(self, frame: Joined, room: str, asked: Waiting | None) -> RenamedEvent:
        own = frame.session == self._stay.session
        if asked is not None:
            self._stay.nick = frame.nick  # what is only told may be an earlier one
        ticket = asked.ticket if asked else None
        return RenamedEvent(room, frame.former, frame.nick, frame.session, frame.time, own, ticket)

    def _had_before(self, frame: Joined | Left) -> bool:
        """A loss has brought back what we did in an earlier life: that is over and done with."""
        return bool(frame.was) and frame.id is None and self._stay.inbound.has_had(frame.log, frame.was)

    def topic(self, frame: Topic, now: float) -> list[Event]:
        if frame.id is not None:
            return self._topic_answered(frame)
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        told = (frame.log, frame.epoch, frame.offset) in self._told
        if fresh and not told and not self._stay.inbound.has_had(frame.log, frame.was):
            own = frame.session == self._stay.session
            asked = self._stay.requests.set_topic(frame.log, frame.text) if own else None
            events.append(self._topic(frame, asked))
        return events

    def _topic_answered(self, frame: Topic) -> list[Event]:
        """The answer and the entry come in either order; the first of them is told."""
        asked = self._stay.requests.answered(frame.id, SetTopic)
        if asked is None:
            return []
        if frame.offset:
            self._told.append((frame.log, frame.epoch, frame.offset))
        return [self._topic(frame, asked)]

    def _topic(self, frame: Topic, asked: Waiting | None) -> TopicEvent:
        own = frame.session == self._stay.session
        return TopicEvent(frame.log, frame.nick, frame.text, frame.time, own, asked.ticket if asked else None)

    def rights(self, frame: Rights, now: float) -> list[Event]:
        if frame.id is None and frame.you:
            return [RightHint(frame.room, frame.you, frame.by, frame.text)]
        asked = self._stay.requests.answered(frame.id) if frame.id is not None else None
        if frame.id is not None and asked is None:
            return []
        if asked is not None and isinstance(asked.frame, GuardRoom) and asked.frame.key is not None:
            self._stay.keys[frame.room] = asked.frame.key  # should we have to come in again
        return [
            RightsEvent(
                frame.room, frame.owner, frame.own, frame.key, frame.invite, frame.private, frame.topic, frame.you,
                tuple(frame.invited), tuple(frame.muted), tuple(frame.removed), asked.ticket if asked else None,
            )
        ]  # fmt: skip

    def receipt(self, frame: Receipt, now: float) -> list[Event]:
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        if fresh:
            ticket = self._stay.direct.pop(frame.n, None)
            self._stay.kept.drop(frame.n)
            events.append(ReceiptEvent(frame.n, frame.nick, frame.state, frame.time, ticket))
        return events

    def gap(self, frame: Gap, now: float) -> list[Event]:
        """Told only where it concerns us: what is missing lies beyond what we saw of that epoch."""
        track = self._stay.inbound.track(frame.log)
        reached = track.reached(frame.former) if track else None
        concerns = frame.last == 0 or reached is None or frame.last > reached
        events: list[Event] = []
        if frame.offset > 0:
            fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
            # Of an epoch that we never saw: it came and went between two that we did see, or before our time.
            concerns = concerns and fresh and (reached is not None or (track is not None and bool(track.former)))
        else:
            self._stay.inbound.skip(frame.log, frame.former, frame.last)
        first = frame.first if reached is None else max(frame.first, reached + 1)
        # What has no end is in no log, so whoever comes back is told of it again.
        again = frame.last == 0 and track is not None and (frame.former, first, 0) in track.gaps
        if concerns and not again:
            events += self._missing(frame, first)
        return events

    def _missing(self, frame: Gap, first: int) -> list[Event]:
        """What of a gap beyond `first` has not come back to us before: data may have been lost once more since."""
        track, last = self._stay.inbound.track(frame.log), frame.last
        if last and track is not None:
            lacking = track.lacks(frame.former, first, last)
            if lacking is None:
                return []
            first, last = lacking
        return [self._gap(frame.log, frame.former, first, last)]

    def away(self, frame: Away, now: float) -> list[Event]:
        if frame.id is not None:
            return self._chosen(frame, GoAway, frame.text)
        state = state_of(HERE if frame.gone else AWAY, frame.gone)
        return [PresenceHint(frame.log, frame.nick, frame.session, True, state, frame.text)]

    def back(self, frame: Back, now: float) -> list[Event]:
        if frame.id is not None:
            return self._chosen(frame, ComeBack, None)
        return [PresenceHint(frame.log, frame.nick, frame.session, False, HERE)]

    def _chosen(self, frame: Away | Back, question: type[GoAway | ComeBack], text: str | None) -> list[Event]:
        """We are away, or back, as the user wants."""
        asked = self._stay.requests.answered(frame.id, question)
        if asked is None:
            return []
        self._stay.gone = text
        room, gone = next(iter(self._stay.inbound.rooms), ""), text is not None
        state = AWAY if gone else HERE
        return [PresenceHint(room, frame.nick, frame.session, gone, state, text or "", asked.ticket)]

    def recovered(self, frame: Recovered, now: float) -> list[Event]:
        self._stay.kept.recovered(now)
        return []

    def lost_with_session(self, log: str, epoch: str, top: int) -> list[Event]:
        """A new session begins at `top` of `log`: what of it passed us by since the old one."""
        former = self._stay.former_cursors.pop(log, None)
        if former is None:
            return []
        if log != INBOX and former[0] == epoch:
            # `top` itself is our own joining.
            return [self._gap(log, epoch, former[1] + 1, top - 1)] if top - 1 > former[1] else []
        return [self.lost(log, former)]

    def lost(self, log: str, cursor: Cursor) -> Event:
        """Nobody knows what came after `cursor`."""
        return self._gap(log, cursor[0], cursor[1] + 1, 0)

    def _take(self, log: str, epoch: str, offset: int, now: float) -> tuple[bool, list[Event]]:
        verdict, complete = self._stay.inbound.take(log, epoch, offset, now)
        if verdict is Verdict.HOLE:
            raise Hole(f"{log} jumped from {complete} to {offset}")
        if verdict is Verdict.SKIP:
            return True, [self._gap(log, epoch, complete + 1, offset - 1)]
        return verdict is Verdict.NEW, []

    def _gap(self, log: str, former: str, first: int, last: int) -> Event:
        self._stay.inbound.missed(log, former, first, last)
        if self.catch_up is not None:
            self.catch_up.gap()
        return GapEvent(None if log == INBOX else log, first - 1, first, last, former)

    def _history(self, frame: Message) -> list[Event]:
        waiting = self._stay.requests.collecting(frame.log)
        if waiting is not None:
            waiting.messages.append(self._as_event(frame))
            return []
        fresh = self._stay.inbound.first_time(frame.log, frame.session, frame.n)
        return [self._as_event(frame)] if fresh else []

    def _as_event(self, frame: Message) -> MessageEvent | AnnounceEvent:
        if not frame.is_announcement:
            return self._event(frame)
        return AnnounceEvent(
            frame.text,
            frame.time,
            None if frame.log == INBOX else frame.log,
            frame.session,
            frame.epoch,
            frame.offset,
            frame.history,
            frame.late,
        )

    def _event(self, frame: Message) -> MessageEvent:
        deed = action(frame.text)
        return MessageEvent(
            room=None if frame.log == INBOX else frame.log,
            session=frame.session,
            n=frame.n,
            nick=frame.nick,
            text=frame.text if deed is None else deed,
            time=frame.time,
            epoch=frame.epoch,
            offset=frame.offset,
            own=frame.session == self._stay.session,
            history=frame.history,
            late=frame.late,
            action=deed is not None,
        )

    def _joined_ourselves(self, frame: Joined, now: float) -> list[Event]:
        # The entry itself and the answer to our request: one frame, or two in either order. An
        # answer that repeats an older place must not move the cursor over what is on its way.
        events: list[Event] = []
        track = self._stay.inbound.track(frame.log)
        if track is None:
            self._stay.rooms.setdefault(frame.log)
            self._stay.inbound.enter(frame.log, frame.epoch, frame.offset)
            events += self.lost_with_session(frame.log, frame.epoch, frame.offset)
        elif frame.count is None or track.cursor == (frame.epoch, frame.offset - 1):
            events += self._take(frame.log, frame.epoch, frame.offset, now)[1]
        if frame.count is None:
            return events
        asked = self._stay.requests.answered(frame.id, Join)
        ticket = asked.ticket if asked else None
        if asked is not None and isinstance(asked.frame, Join) and asked.frame.key:
            self._stay.keys[frame.log] = asked.frame.key
        joined = JoinedEvent(
            frame.log, frame.nick, frame.session, frame.time, True, frame.count, tuple(frame.members), ticket,
            frame.topic,
        )  # fmt: skip
        return [*events, joined]

    def _left_ourselves(self, frame: Left) -> list[Event]:
        known = self._stay.inbound.track(frame.log) is not None
        self._stay.inbound.leave(frame.log)
        self._stay.rooms.pop(frame.log, None)
        self._stay.keys.pop(frame.log, None)
        self._stay.former_cursors.pop(frame.log, None)
        requests = self._stay.requests
        asked = requests.answered(frame.id, Leave) if frame.id is not None else requests.left(frame.log)
        if asked is None and not known:
            return []
        ticket = asked.ticket if asked else None
        return [LeftEvent(frame.log, frame.nick, frame.session, frame.time, frame.reason, True, ticket, frame.why)]
