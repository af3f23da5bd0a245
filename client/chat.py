"""`ChatClient`: a chat from a program, over whichever node is alive.

    with ChatClient(["127.0.0.1:7700"], "echo") as chat:
        for event in chat:
            if isinstance(event, MessageEvent) and not event.own and not event.history:
                chat.say(event.text, to=event.room or f"@{event.nick}")

One network thread does all input and output. What the user calls only queues and waits; every
method may be called from any thread, the blocking ones not from inside `on_event`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from client.commands import addressee, asking, saying, valid
from client.conversation import Conversation
from client.errors import Backlogged, ChatError, Closed, Crashed
from client.event_queue import EventQueue
from client.events import Connected, Event, Moved, Stopped
from client.failover import Failover
from client.handles import Reply, Sending
from client.ledger import Ledger
from client.network import Network
from client.requests import Requests
from client.settings import Settings
from client.stay import Stay
from client.transport import TcpTransport, TransportFactory
from wire.address import Address
from wire.names import LOBBY, nickname, room
from wire.text import ACTION, check, check_away, check_topic

MAX_QUESTIONS = 256


class ChatClient:
    """One user's stay.

    `servers`: nodes or balancers, as "HOST:PORT" or Address; tried in random order, or first
    as they stand with `in_order`. `nick`: raises wire's BadName if it can't be one.
    `on_event`: called on the network thread with each event, instead of the queue that iteration
    and `next_event` read; it must not block, and what it raises ends the client. Without it, a
    queue of `settings.unread` events that nobody takes stops the reading, also of outcomes: who
    only says passes an `on_event` that does nothing.
    """

    def __init__(
        self,
        servers: Sequence[str | Address],
        nick: str,
        *,
        rooms: Sequence[str] = (LOBBY,),
        client_name: str = "hydrachat-library",
        on_event: Callable[[Event], None] | None = None,
        in_order: bool = False,
        settings: Settings | None = None,
        transport: TransportFactory = TcpTransport,
        rng: random.Random | None = None,
    ) -> None:
        self._settings = settings or Settings()
        rng = rng or random.Random()
        stay = Stay(nickname(nick).shown, [room(name) for name in rooms], client_name, self._settings, rng)
        addresses = [Address.parse(one) if isinstance(one, str) else one for one in servers]
        self._machine = Failover(Conversation(stay), addresses, self._settings, rng, in_order=in_order)
        self._on_event = on_event
        self._network = Network(
            self._machine,
            transport,
            deliver=self._deliver,
            congested=lambda: self._queue.full,
            on_end=self._ended,
        )
        # Guards all that follows, and the handles.
        self._changed = threading.Condition()
        self._queue = EventQueue(self._settings.unread)
        self._ledger = Ledger()
        self._tickets = 0
        self._started = False
        self._over = False
        self._error: ChatError | None = None
        self._stay = stay
        self._node = self._session = ""

    # -- beginning and end ---------------------------------------------------------------

    def start(self, timeout: float | None = 10.0) -> None:
        """Blocks until a node has welcomed us. Raises Unreachable after `timeout` seconds, Refused,
        Closed. Once only."""
        with self._changed:
            if self._started or self._over:
                raise Closed("a client is started once")
            self._started = True
        self._network.start()
        with self._changed:
            self._changed.wait_for(lambda: self._session or self._over, timeout)
            if self._session:
                return
            error = self._error if self._over else None
        self.close()
        raise error or self._machine.unreachable()

    def quit(self, timeout: float = 5.0) -> None:
        """Leaves in order: the others see us leave at once. What is pending then is dropped; see
        `flush`. Idempotent."""
        self._network.submit(lambda machine, now: machine.quit(now))
        if not self._network.current and self._started:
            self._network.join(timeout)
        self.close()

    def close(self) -> None:
        """Drops the connection; the session keeps its place for the grace. Idempotent."""
        with self._changed:
            first, self._over = not self._over, True
            self._changed.notify_all()
        self._network.submit(lambda machine, _: machine.stop(None))
        if not self._started and first:
            self._network.abort()
            self._ended(None)
        elif self._started and not self._network.current:
            self._network.join(None)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:  # after Ctrl-C too nobody calls `__exit__`; it is raised on
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.quit()
        else:
            self.close()

    # -- talking -------------------------------------------------------------------------

    def say(self, text: str, to: str = LOBBY, *, action: bool = False, timeout: float | None = None) -> Sending:
        """Puts `text` in line for `#room` or `@nick` and returns at once, unless `settings.backlog`
        wait already: then it blocks, up to `timeout` seconds. `action`: it is what we do ("waves").
        Raises Refused for what can't be said, Backlogged, Closed."""
        to = valid(addressee, to)
        valid(check, text)
        if action:
            text = ACTION + text
            valid(check, text)
        with self._changed:
            self._wait_for_room(timeout)
            sending = Sending(self._ticket(), to, text, self._changed)
            self._ledger.add(sending)
            ticket = sending.ticket
            # Queued under the lock, so that lines are said in the order of their tickets.
            self._network.put(lambda machine, now: saying(machine, ticket, to, text, now))
        self._network.wake()
        return sending

    def join(self, name: str) -> Reply:
        """The reply is a JoinedEvent; the room's last messages follow as history. Raises Refused,
        Backlogged, Closed, as all questions do."""
        name = valid(room, name)
        return self._ask(lambda requests, ticket: requests.join(name, ticket))

    def leave(self, name: str) -> Reply:
        """The reply is a LeftEvent."""
        name = valid(room, name)
        return self._ask(lambda requests, ticket: requests.leave(name, ticket))

    def who(self, name: str | None = None) -> Reply:
        """Members of a room, or everybody. The reply is a MembersEvent."""
        asked = None if name is None else valid(room, name)
        return self._ask(lambda requests, ticket: requests.who(asked, ticket))

    def rooms(self) -> Reply:
        """The reply is a RoomsEvent."""
        return self._ask(lambda requests, ticket: requests.rooms(ticket))

    def history(self, name: str = LOBBY, *, before: int = 0, limit: int = 50) -> Reply:
        """Up to `limit` (1-200) messages before offset `before` (0: the newest). The reply is a
        HistoryEvent."""
        name, limit = valid(room, name), min(200, max(1, limit))
        return self._ask(lambda requests, ticket: requests.history(name, max(0, before), limit, ticket))

    def topic(self, name: str = LOBBY, text: str | None = None) -> Reply:
        """Asks what a room is about or, with `text`, sets that ("" clears it). The reply is a TopicEvent; who is in the
        room gets one as well when it is changed."""
        name = valid(room, name)
        text = text if text is None else text.strip()
        valid(check_topic, text or "")
        return self._ask(lambda requests, ticket: requests.topic(name, text, ticket))

    def rename(self, nick: str) -> Reply:
        """Another nickname for us. The reply is a RenamedEvent; `nick` follows. Raises Refused for what can't be a
        nickname; where somebody has it the reply's Refused has a `suggestion` that is free."""
        nick = valid(lambda text: nickname(text).shown, nick)
        return self._ask(lambda requests, ticket: requests.rename(nick, ticket))

    def away(self, text: str = "") -> Reply:
        """We are away, whatever the connection does, until `back`; `text` says why. The reply is a PresenceHint, as the
        others in our rooms get one."""
        text = text.strip()
        valid(check_away, text)
        return self._ask(lambda requests, ticket: requests.away(text, ticket))

    def back(self) -> Reply:
        """We are here again. The reply is a PresenceHint."""
        return self._ask(lambda requests, ticket: requests.back(ticket))

    def whois(self, nick: str) -> Reply:
        """Who holds a nickname. The reply is a WhoisEvent, or Refused (NO_SUCH_NICK)."""
        nick = valid(lambda text: nickname(text).shown, nick)
        return self._ask(lambda requests, ticket: requests.whois(nick, ticket))

    def flush(self, timeout: float | None = None) -> bool:
        """Blocks up to `timeout` seconds until all that was said has an outcome. Whether it has."""
        with self._changed:
            self._changed.wait_for(lambda: not self._ledger.pending or self._over, timeout)
            return not self._ledger.pending

    # -- listening -----------------------------------------------------------------------

    def next_event(self, timeout: float | None = None) -> Event | None:
        """The next event; None after `timeout` seconds, or after the last one (`Stopped`)."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._queue.ended, timeout)
            event, relieved = self._queue.take()
        if relieved:
            self._network.wake()
        return event

    def __iter__(self) -> Iterator[Event]:
        """All events up to Stopped. Raises its error, if there is one, after it."""
        while (event := self.next_event()) is not None:
            yield event
            if isinstance(event, Stopped) and event.error is not None:
                raise event.error

    # -- how it stands -------------------------------------------------------------------

    @property
    def nick(self) -> str:
        """What we are called, or ask to be called."""
        return self._stay.nick

    @property
    def node(self) -> str:
        """The node that we are or were connected to."""
        return self._node

    @property
    def session(self) -> str:
        return self._session

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

    def _wait_for_room(self, timeout: float | None) -> None:
        # The lock is held.
        if self._network.current:
            timeout = 0.0
        limit = self._settings.backlog
        self._changed.wait_for(lambda: self._ledger.pending < limit or self._over, timeout)
        if self._over:
            raise self._error or Closed("the client is closed")
        if self._ledger.pending >= limit:
            raise Backlogged(f"{limit} messages wait to be accepted already")

    def _ask(self, question: Callable[[Requests, int], None]) -> Reply:
        with self._changed:
            if self._over:
                raise self._error or Closed("the client is closed")
            if self._ledger.asked >= MAX_QUESTIONS:
                raise Backlogged(f"{MAX_QUESTIONS} questions wait for an answer already")
            reply = Reply(self._ticket(), self._changed)
            self._ledger.add(reply)
            self._network.put(asking(question, reply.ticket))
        self._network.wake()
        return reply

    def _deliver(self, event: Event) -> None:
        with self._changed:
            self._ledger.enter(event)
            self._mirror(event)
            if self._on_event is None:
                self._queue.put(event)
            self._changed.notify_all()
        if self._on_event is not None:
            self._on_event(event)

    def _mirror(self, event: Event) -> None:
        if isinstance(event, Connected):
            self._node, self._session = event.node, event.session
        elif isinstance(event, Moved):
            self._node = event.node
        elif isinstance(event, Stopped):
            self._error = self._error or event.error

    def _ended(self, crash: Crashed | None) -> None:
        with self._changed:
            self._over = True
            self._error = self._error or crash
            self._ledger.fail_all(self._error or Closed("the client was closed"))
            self._queue.end(Stopped(self._error))
            self._changed.notify_all()
