"""Which handle waits for which event."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from client.errors import Backlogged, ChatError, Refused, Unsure
from client.events import (
    AcceptedEvent,
    Event,
    HistoryEvent,
    JoinedEvent,
    LeftEvent,
    Lost,
    MaybeLost,
    MembersEvent,
    PresenceHint,
    ReceiptEvent,
    RefusedEvent,
    RegisteredEvent,
    RenamedEvent,
    RequestRefused,
    RightsEvent,
    RoomsEvent,
    TopicEvent,
    WhoisEvent,
)
from client.handles import Reply, Sending

RECEIPTS_KEPT = 1024
_ANSWERS = (
    JoinedEvent, LeftEvent, MembersEvent, RoomsEvent, HistoryEvent, TopicEvent, RightsEvent, RenamedEvent,
    PresenceHint, WhoisEvent, RegisteredEvent,
)  # fmt: skip


class Ledger:
    """The lock of who uses it guards it. `pending`: how many `Sending` wait."""

    def __init__(self) -> None:
        self._sendings: dict[int, Sending] = {}
        self._replies: dict[int, Reply[Any]] = {}
        self._direct: OrderedDict[int, Sending] = OrderedDict()

    @property
    def pending(self) -> int:
        return len(self._sendings)

    @property
    def asked(self) -> int:
        """How many `Reply` wait."""
        return len(self._replies)

    def add(self, handle: Sending | Reply[Any]) -> None:
        if isinstance(handle, Sending):
            self._sendings[handle.ticket] = handle
        else:
            self._replies[handle.ticket] = handle

    def enter(self, event: Event) -> None:
        """Settles whom the event concerns."""
        if isinstance(event, AcceptedEvent):
            self._accepted(event)
        elif isinstance(event, RefusedEvent):
            self._fail(self._sendings.pop(event.ticket, None), Refused(event.code, event.reason))
        elif isinstance(event, MaybeLost):
            for one in event.sayings:
                self._fail(self._sendings.pop(one.ticket, None), Unsure("the session was lost on the way"))
        elif isinstance(event, Lost):
            self._lost(event)
        elif isinstance(event, ReceiptEvent):
            self._receipt(event)
        elif isinstance(event, RequestRefused) and event.ticket is not None:
            refused = Refused(event.code, event.reason, event.suggestion)
            self._fail(self._replies.pop(event.ticket, None), refused)
        elif isinstance(event, _ANSWERS) and event.ticket is not None:
            reply = self._replies.pop(event.ticket, None)
            if reply is not None:
                reply.settle(event)

    def fail_all(self, error: ChatError) -> None:
        """It is over."""
        waiting: list[Sending | Reply[Any]] = [*self._sendings.values(), *self._replies.values()]
        for handle in waiting:
            handle.fail(error)
        for sending in self._direct.values():
            sending.no_receipt(error)
        self._sendings.clear()
        self._replies.clear()
        self._direct.clear()

    def _accepted(self, event: AcceptedEvent) -> None:
        sending = self._sendings.pop(event.ticket, None)
        if sending is None:
            return
        sending.settle(event)
        if event.private:
            self._direct[event.ticket] = sending
            if len(self._direct) > RECEIPTS_KEPT:
                _, oldest = self._direct.popitem(last=False)
                oldest.no_receipt(Backlogged(f"{RECEIPTS_KEPT} younger messages wait for a receipt as well"))

    def _lost(self, event: Lost) -> None:
        for one in event.sayings:
            sending = self._direct.pop(one.ticket, None)
            if sending is not None:
                sending.no_receipt(Refused(event.code, event.reason))

    def _receipt(self, event: ReceiptEvent) -> None:
        sending = self._direct.pop(event.ticket, None) if event.ticket is not None else None
        if sending is not None:
            sending.receive(event.state)

    @staticmethod
    def _fail(handle: Sending | Reply[Any] | None, error: ChatError) -> None:
        if handle is not None:
            handle.fail(error)
