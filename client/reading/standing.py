"""Topics and rights of rooms, and who is away: frames that tell of them, or answer a question."""

from __future__ import annotations

from client.answers import AWAY, HERE, state_of
from client.events import (
    Event,
    PresenceHint,
    RightHint,
    RightsEvent,
    TopicEvent,
)
from client.reading.taking import Taking
from client.requests import Waiting
from wire.frames import (
    Away,
    Back,
    ComeBack,
    GoAway,
    GuardRoom,
    Rights,
    SetTopic,
    Topic,
)


class Standing(Taking):
    """Part of `Reading`."""

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
