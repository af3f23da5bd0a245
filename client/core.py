"""What the threads of a chat share: its lock, what waits for an outcome, the events, how it stands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from client import forked
from client.changed import Changed
from client.errors import ChatError, Closed, Crashed
from client.event_queue import EventQueue
from client.events import Connected, Event, JoinedEvent, LeftEvent, Moved, Stopped
from client.failover import Failover
from client.ledger import Ledger
from client.network import Network
from client.settings import Settings
from client.stay import Stay
from client.transport import TransportFactory

if TYPE_CHECKING:
    from client.trust import Trust

log = logging.getLogger("hydrachat.client")


class Core:
    """The ground of `ChatClient`; its parts `Speaking`, `Asking` and `Listening` stand on it."""

    def __init__(
        self,
        machine: Failover,
        transport: TransportFactory,
        settings: Settings,
        stay: Stay,
        on_event: Callable[[Event], object] | None,
        trust: Trust | None,
    ) -> None:
        self._settings = settings
        self._machine = machine
        self._on_event = on_event
        self._network = Network(
            machine,
            transport,
            deliver=self._deliver,
            congested=self._congested,
            on_end=self._crashed_or_done,
            trust=trust,
        )
        # Guards all that follows, and the handles.
        self._queue = EventQueue(settings.unread)
        self._changed = Changed(lambda: self._network.current, lambda: self._queue.full, lambda: self._network.wake())
        self._ledger = Ledger()
        self._tickets = 0
        self._started = False
        self._over = False
        self._error: ChatError | None = None
        self._stay = stay
        self._node = self._session = ""
        self._joined: dict[str, None] = {}
        forked.watch(self, self._changed, Core._left_behind)

    # -- how it stands -------------------------------------------------------------------

    @property
    def nick(self) -> str:
        """Our nickname, as others see it. Any thread, as all that is here."""
        return self._stay.nick

    @property
    def node(self) -> str:
        """The node that we are or were connected to."""
        return self._node

    @property
    def session(self) -> str:
        """The identity of our stay; "" before the first welcome. `Connected` tells of another one."""
        return self._session

    @property
    def joined(self) -> tuple[str, ...]:
        """The rooms that we are in, in the order in which we came. An event that waits to be taken may be older."""
        with self._changed:
            return tuple(self._joined)

    @property
    def pending(self) -> int:
        """How much of what was said has no outcome."""
        with self._changed:
            return self._ledger.pending

    @property
    def error(self) -> ChatError | None:
        """Why it ended, if it did so by itself."""
        return self._error

    # -- inside --------------------------------------------------------------------------

    def _ticket(self) -> int:
        # The lock is held.
        self._tickets += 1
        return self._tickets

    def _check_open(self) -> None:
        # The lock is held.
        if self._over or self._error:  # the reason is known a moment before the network's thread has ended
            raise self._error or Closed("the client is closed")

    def _deliver(self, event: Event) -> None:
        with self._changed:
            self._ledger.enter(event)
            self._mirror(event)
            if self._on_event is None:
                self._queue.put(event)
                self._changed.flooded = self._queue.flooded
            self._changed.notify_all()
        if self._on_event is not None:
            self._on_event(event)

    def _congested(self) -> bool:
        """Network thread: whether to read nothing for now."""
        return self._queue.full and (not self._changed.waiting or self._queue.flooded)

    def _mirror(self, event: Event) -> None:
        if isinstance(event, Connected):
            self._node, self._session = event.node, event.session
            self._joined.clear()  # a new session enters its rooms itself
        elif isinstance(event, JoinedEvent):
            if event.own:
                self._joined[event.room] = None
        elif isinstance(event, LeftEvent):
            if event.own:
                self._joined.pop(event.room, None)
        elif isinstance(event, Moved):
            self._node = event.node
        elif isinstance(event, Stopped):
            self._error = self._error or event.error

    def _left_behind(self) -> None:
        """The thread that did all for us is not in the child of a fork."""
        self._network.left_behind()
        if not self._over:
            self._ended(Closed("this client belongs to the process before the fork; make one in the child"))

    def _crashed_or_done(self, crash: Crashed | None) -> None:
        """Network thread, last of all."""
        self._ended(crash)
        if crash is not None and self._on_event is not None:
            # Who waits for the last event must not wait for ever, whose ever the fault was.
            try:
                self._on_event(Stopped(self._error))
            except BaseException:  # the thread's last act: there is nobody left to raise it to, so it is logged
                log.exception("on_event failed again, when it was told the end")

    def _ended(self, crash: Crashed | Closed | None) -> None:
        with self._changed:
            self._over = True
            self._error = self._error or crash
            self._ledger.fail_all(self._error or Closed("the client was closed"))
            self._queue.end(Stopped(self._error))
            self._changed.notify_all()
