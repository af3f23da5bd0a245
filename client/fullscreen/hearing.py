"""What the events do to the model. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from client import events as ev
from client.fullscreen.conversation import Conversation
from client.fullscreen.delivery import Delivery
from client.fullscreen.entry import Entry, Kind, Mark
from client.fullscreen.filling import Filling
from client.fullscreen.model import Model, Ring, mapped
from client.terminal.wording import lines

CROWD = 50
"""Members of a room from which on not everybody who comes or goes is told of; the list has them all."""
FORCED = ("ended", "kicked", "banned", "removed")
LATELY = 30 * 60 * 1000
"""Milliseconds."""


class Hearing:
    """`ask_who`: who is in that room? Called when it is not known any more. `ask_missed`: see `Filling`. One thread."""

    def __init__(
        self,
        model: Model,
        delivery: Delivery,
        ask_who: Callable[[str], None],
        ask_missed: Callable[[str, int, int], int | None] = lambda *_: None,
    ) -> None:
        self._model = model
        self._delivery = delivery
        self._ask_who = ask_who
        self._filling = Filling(ask_missed, _told)
        self._quiet: set[int] = set()  # tickets of questions that nobody typed
        self._backlog: dict[int, Conversation] = {}  # tickets of histories asked for by scrolling
        self._asked: dict[int, Conversation] = {}  # tickets of questions -> where they were typed
        self._rings: list[Ring] = []
        self._move: Entry | None = None  # the line that tells of the last one
        self._does: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.Connected: self._connected,
            ev.Moved: self._moved,
            ev.MessageEvent: self._message,
            ev.AnnounceEvent: self._announced,
            ev.JoinedEvent: self._joined,
            ev.LeftEvent: self._left,
            ev.PresenceHint: self._presence,
            ev.TopicEvent: self._topic,
            ev.RenamedEvent: self._renamed,
            ev.MembersEvent: self._members,
            ev.RoomsEvent: self._rooms,
            ev.HistoryEvent: self._history,
            ev.AcceptedEvent: self._delivery.accepted,
            ev.ReceiptEvent: self._receipt,
            ev.RefusedEvent: self._refused,
            ev.MaybeLost: self._doubtful,
            ev.Lost: self._doubtful,
            ev.GapEvent: self._gap,
            ev.RequestRefused: self._request_refused,
        }

    def hear(self, events: Iterable[ev.Event], now: float) -> list[Ring]:
        """What the user is to be called for. `now`: of the line's clock."""
        self._rings = []
        for event in events:
            self._model.line.hear(event, now)
            self._does.get(type(event), self._worded)(event)
        self._see()
        return self._rings

    def expect_quietly(self, ticket: int) -> None:
        self._quiet.add(ticket)

    def expect_answer(self, ticket: int) -> None:
        """It is told where it was asked for, also if the user has gone on."""
        self._asked[ticket] = self._model.current

    def expect_history(self, ticket: int, where: Conversation) -> None:
        where.loading = True
        self._backlog[ticket] = where

    # -- the line ------------------------------------------------------------------------

    def _connected(self, event: ev.Connected) -> None:
        self._model.session = event.session
        self._model.rename(event.nick)
        self._worded(event)

    def _moved(self, event: ev.Moved) -> None:
        self._tell_move(event)
        # Hints that came meanwhile were not told.
        for conversation in self._model.listed():
            if conversation.present:
                self._ask_who(conversation.key)

    def _tell_move(self, event: ev.Moved) -> None:
        """Moves with nothing between them are one line, of the last one: on a bad line they would push all else off
        the screen."""
        here = self._model.current
        last = here.entries[-1] if here.entries else None
        if event.complete and last is not None and last is self._move:
            last.text, last.time = lines(event, here.key)[0].text, int(self._model.now() * 1000)
            last.cached = None
            return
        self._worded(event)
        self._move = here.entries[-1] if event.complete else None

    def _gap(self, event: ev.GapEvent) -> None:
        where = self._model.current if event.room is None else self._model.room(event.room)
        where.gap = event.text
        self._worded(event, where)
        if event.room is not None:
            self._filling.missed(event, where)

    # -- talk ----------------------------------------------------------------------------

    def _message(self, event: ev.MessageEvent) -> None:
        where = self._model.person(event.nick) if event.room is None else self._model.room(event.room)
        where.people.spoke(event.session, event.time)
        if where.private:
            self._meet(event, where)
        if event.history:
            if not self._delivery.found_in_history(event, where):
                where.place(_entry(event))
            return
        mine = self._delivery.came_back(event, where) if event.own else None
        entry = self._told(event, where, mine)
        if not where.add(entry) or event.own:
            return
        if not self._seen(where):
            where.count_unread(entry)
        if (entry.mention or where.private) and where.key not in self._model.muted:
            self._rings.append(Ring(where.key, _caller(event), event.text))

    def _meet(self, event: ev.MessageEvent, where: Conversation) -> None:
        if where.partner not in ("", event.session):
            where.note(Kind.NOTICE, f"{event.nick} has come anew: it may be somebody else than before", event.time)
        where.partner = event.session

    def _announced(self, event: ev.AnnounceEvent) -> None:
        """What is for everybody is shown where he looks."""
        where = self._model.current if event.room is None else self._model.room(event.room)
        entry = _announcement(event)
        if event.history:
            where.place(entry)
        elif where.add(entry):
            if not self._seen(where):
                where.count_unread(entry)
            self._rings.append(Ring(where.key, "operator", event.text))

    def _told(self, event: ev.MessageEvent, where: Conversation, mine: Entry | None) -> Entry:
        entry = _entry(event)
        entry.mention = not event.own and not where.private and self._model.mentions_me(event.text)
        if mine is None:
            return entry
        # The one on the screen stays the one that marks refer to.
        mine.time, mine.identity, mine.epoch, mine.offset = entry.time, entry.identity, entry.epoch, entry.offset
        mine.nick, mine.late, mine.cached = entry.nick, entry.late, None
        return mine

    def _refused(self, event: ev.RefusedEvent) -> None:
        self._delivery.failed(event.ticket, Mark.FAILED)
        self._failed(event, self._model.addressed(event.to))

    def _failed(self, event: ev.RefusedEvent | ev.ReceiptEvent, where: Conversation) -> None:
        """Told also where the user looks: he thinks it was said."""
        self._worded(event, where)
        if where is not self._model.current:
            self._worded(event)

    def _doubtful(self, event: ev.MaybeLost | ev.Lost) -> None:
        for one in event.sayings:
            self._delivery.failed(one.ticket, Mark.DOUBTFUL)
        self._worded(event)

    def _receipt(self, event: ev.ReceiptEvent) -> None:
        if not self._delivery.receipt(event):
            self._failed(event, self._model.person(event.nick))

    def _history(self, event: ev.HistoryEvent) -> None:
        if self._filling.answered(event, int(self._model.now() * 1000)):
            return
        where = self._backlog.pop(event.ticket or 0, None) or self._model.room(event.room)
        where.loading = False
        if where.prepend([_told(one) for one in event.told if _older(one, where)]) == 0:
            where.whole = True

    # -- people --------------------------------------------------------------------------

    def _joined(self, event: ev.JoinedEvent) -> None:
        where = self._model.room(event.room)
        where.people.enter(event.session, event.nick)
        if not event.own:
            self._coming(event, where)
            return
        self._model.set_clock(event.time)
        self._worded(event, where)
        where.present, where.whole, where.topic = True, False, event.topic
        self._ask_who(event.room)
        self._model.wanted.discard(event.room)

    def _left(self, event: ev.LeftEvent) -> None:
        where = self._model.room(event.room)
        if not event.own:
            self._coming(event, where)
            where.people.leave(event.session)
            return
        where.people.leave(event.session)
        if event.reason == "removed":
            self._model.close(event.room)
            self._worded(event)  # where he looks: that one is gone
            return
        self._worded(event, where)
        self._model.close(event.room)

    def _coming(self, event: ev.JoinedEvent | ev.LeftEvent, where: Conversation) -> None:
        if self._matters(event, where):
            for line in lines(event, where.key):
                where.add_coming(line.text, event.time)
        talk = self._model.conversations.get("@" + mapped(event.nick))
        if talk is not None and isinstance(event, ev.LeftEvent) and event.reason != "left":
            for line in lines(event, event.room):
                talk.note(Kind.QUIET, line.text, event.time)

    @staticmethod
    def _matters(event: ev.JoinedEvent | ev.LeftEvent, where: Conversation) -> bool:
        """In a crowd: of those who leave, who has spoken lately, and whoever does not leave by himself."""
        if len(where.people) <= CROWD:
            return True
        if isinstance(event, ev.JoinedEvent):
            return False
        return event.reason in FORCED or where.people.spoke_since(event.session, event.time - LATELY)

    def _presence(self, event: ev.PresenceHint) -> None:
        for conversation in self._model.listed():
            # What one says oneself holds in all rooms, and is answered once.
            if conversation.key == event.room or event.session == self._model.session:
                conversation.people.hint(event.session, event.state)
        if event.session == self._model.session and event.ticket is not None:
            self._model.away = (f"away: {event.text}" if event.text else "away") if event.away else ""
        self._worded(event)

    def _topic(self, event: ev.TopicEvent) -> None:
        where = self._model.room(event.room)
        where.topic = event.text
        self._worded(event, None if event.ticket is not None else where)

    def _renamed(self, event: ev.RenamedEvent) -> None:
        if event.session == self._model.session:
            self._model.rename(event.nick)
        else:
            self._model.follow(event.former, event.nick, event.session, event.time)
        for conversation in self._model.listed():
            conversation.people.rename(event.session, event.nick)
        self._worded(event, self._model.room(event.room) if event.ticket is None else None)

    def _members(self, event: ev.MembersEvent) -> None:
        if event.room is not None:
            members = [(one.session, one.nick, one.state) for one in event.members]
            self._model.room(event.room).people.replace(members)
        if event.ticket in self._quiet:
            self._quiet.discard(event.ticket)
            return
        self._worded(event)

    def _rooms(self, event: ev.RoomsEvent) -> None:
        self._model.rooms_known = {one.room for one in event.rooms}
        if event.ticket in self._quiet:
            self._quiet.discard(event.ticket)
            return
        self._worded(event)

    # -- all others ----------------------------------------------------------------------

    def _request_refused(self, event: ev.RequestRefused) -> None:
        where = self._backlog.pop(event.ticket or 0, None)
        if where is not None:
            where.loading = False
        self._model.wanted.discard(event.room or "")
        if event.ticket in self._quiet:
            self._quiet.discard(event.ticket)
        elif not self._filling.refused(event.ticket):
            self._worded(event)

    def _worded(self, event: ev.Event, where: Conversation | None = None) -> None:
        asked = self._asked.pop(getattr(event, "ticket", None) or 0, None)
        where = where or asked or self._model.current
        for line in lines(event, where.key):
            self._model.tell(line, where)

    def _see(self) -> None:
        if self._seen(self._model.current):
            self._model.current.seen()

    def _seen(self, where: Conversation) -> bool:
        """Whether the user sees what is said there now."""
        return where is self._model.current and where.view.following and self._model.watched


def _entry(event: ev.MessageEvent) -> Entry:
    kind = Kind.ACTION if event.action else Kind.TALK
    return Entry(
        kind, event.text, event.time, event.nick, own=event.own, late=event.late,
        identity=(event.session, event.n), epoch=event.epoch, offset=event.offset,
    )  # fmt: skip


def _announcement(event: ev.AnnounceEvent) -> Entry:
    # Of one for everybody the place is that in the inbox, which no conversation shows.
    epoch, offset = (event.epoch, event.offset) if event.room else ("", 0)
    return Entry(
        Kind.ANNOUNCEMENT, f"operator: {event.text}", event.time, late=event.late, identity=(event.id, 0), epoch=epoch,
        offset=offset,
    )  # fmt: skip


def _told(event: ev.MessageEvent | ev.AnnounceEvent) -> Entry:
    return _entry(event) if isinstance(event, ev.MessageEvent) else _announcement(event)


def _older(event: ev.MessageEvent | ev.AnnounceEvent, where: Conversation) -> bool:
    return not where.first_offset or event.offset < where.first_offset or event.epoch != where.epoch


def _caller(event: ev.MessageEvent) -> str:
    return event.nick if event.room is None else f"{event.nick} in {event.room}"
