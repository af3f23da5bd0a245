"""What became of what one said: from pending to accepted, for direct messages to received. Pure."""

from __future__ import annotations

from collections import OrderedDict

from client import events as ev
from client.fullscreen.conversation import Conversation
from client.fullscreen.entry import Entry, Kind, Mark
from client.fullscreen.model import Model

REMEMBERED = 4096


class Delivery:
    """By ticket. Bounded: the oldest are forgotten, their marks stay as they are. One thread."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._said: OrderedDict[int, tuple[Conversation, Entry]] = OrderedDict()

    def said(self, ticket: int, where: Conversation, text: str, *, action: bool = False) -> Entry:
        """Shown at once, as pending."""
        kind = Kind.ACTION if action else Kind.TALK
        when = int(self._model.now() * 1000)
        entry = Entry(kind, text, when, self._model.nick, own=True, ticket=ticket)
        where.await_outcome(entry)
        self._said[ticket] = (where, entry)
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        return entry

    def accepted(self, event: ev.AcceptedEvent) -> None:
        """A direct message has no other copy; that of a room comes by itself and takes its place in the order."""
        where, entry = self._of(event.ticket)
        if where is None or entry is None:
            return
        if event.private:
            entry.time = event.time
            where.settle(entry, Mark.ACCEPTED)
        elif entry in where.pending:
            entry.identity = (self._model.session, event.n)

    def came_back(self, event: ev.MessageEvent, where: Conversation) -> Entry | None:
        """The pending entry of a message of ours that arrived from the log."""
        mine = (event.session, event.n)
        for entry in where.pending:
            if entry.identity == mine or (entry.identity is None and entry.text == event.text):
                where.pending.remove(entry)
                entry.mark = Mark.ACCEPTED
                return entry
        return None

    def found_in_history(self, event: ev.MessageEvent, where: Conversation) -> bool:
        """Whether it is one of ours that was accepted, and whose copy was missed: it is not shown twice."""
        for entry in where.pending:
            if entry.identity == (event.session, event.n):
                entry.time, entry.epoch, entry.offset = event.time, event.epoch, event.offset
                where.settle(entry, Mark.ACCEPTED)
                return True
        return False

    def failed(self, ticket: int, mark: Mark) -> None:
        """REFUSED, or it is not known whether it was said."""
        where, entry = self._of(ticket)
        if where is not None and entry is not None:
            entry.mark = mark
            where.settle(entry, mark)

    def receipt(self, event: ev.ReceiptEvent) -> bool:
        """Whether its message is one that is shown; then its mark tells enough."""
        _, entry = self._of(event.ticket or 0)
        if entry is None:
            return False
        entry.mark = Mark.UNDELIVERED if event.state == "undelivered" else Mark.RECEIVED
        return event.state != "undelivered"

    def _of(self, ticket: int) -> tuple[Conversation, Entry] | tuple[None, None]:
        return self._said.get(ticket, (None, None))
