"""Who comes into our rooms, leaves them or changes his name; ourselves among them."""

from __future__ import annotations

from client.events import (
    Event,
    JoinedEvent,
    LeftEvent,
    RenamedEvent,
)
from client.reading.taking import Taking
from client.requests import Waiting
from wire.frames import (
    Join,
    Joined,
    Leave,
    Left,
    Rename,
)


class Comings(Taking):
    """Part of `Reading`."""

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
        self._stay.inbound.opened(frame.log)
        asked = self._stay.requests.joined(frame.log, frame.id)
        if asked is None and frame.id is not None:
            return events  # we asked again, and the room was shown us without that
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

    def _renamed(self, frame: Joined, now: float) -> list[Event]:
        fresh, events = self._take(frame.log, frame.epoch, frame.offset, now)
        if fresh:
            self._stay.holders.saw(frame.nick, frame.session)
        told = (frame.log, frame.epoch, frame.offset) in self._told
        if fresh and not told and not self._stay.inbound.has_had(frame.log, frame.was):
            asked = self._stay.requests.renamed(frame.nick) if self._may_answer(frame) else None
            events.append(self._renaming(frame, frame.log, asked))
        return events

    def _may_answer(self, frame: Joined) -> bool:
        """An entry of ours is what we asked for just now only if it leads from what we are called, or to it where a
        welcome has told us. Else it is of an earlier time that we called ourselves so, and comes late."""
        own = frame.session == self._stay.session and not frame.was
        return own and self._stay.nick in (frame.former, frame.nick)

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
