"""What is said, in logs and out of their history, and what became of direct messages."""

from __future__ import annotations

from client.events import (
    AnnounceEvent,
    Event,
    MessageEvent,
    ReceiptEvent,
)
from client.reading.taking import Taking
from client.unsent import Place
from wire.frames import (
    INBOX,
    Message,
    Receipt,
)
from wire.text import action


class Messages(Taking):
    """Part of `Reading`."""

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

    def receipt(self, frame: Receipt, now: float) -> list[Event]:
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        if fresh:
            if self._stay.unsent.is_open(frame.n):
                self._stay.early[frame.n] = frame
                return events
            ticket = self._stay.direct.pop(frame.n, None)
            self._stay.kept.drop(frame.n)
            events.append(ReceiptEvent(frame.n, frame.nick, frame.state, frame.time, ticket))
        return events

    def _history(self, frame: Message) -> list[Event]:
        # It is not in the order of its log, but it was shown: no gap that names it is news.
        self._stay.inbound.came_back(frame.log, ((frame.epoch, frame.offset), *frame.was))
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
