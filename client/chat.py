"""`ChatClient`: a chat from a program, over whichever node is alive. docs/library.md is the guide.

    with ChatClient(["127.0.0.1:7700"], "echo") as chat:
        for event in chat:
            if isinstance(event, MessageEvent) and not event.own and not event.history:
                chat.say(event.text, to=event.reply_to)

One network thread does all input and output. What the user calls only queues and waits; every
method may be called from any thread, the blocking ones not from inside `on_event`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from client.asking import Asking
from client.awaiting import START_TIMEOUT, Awaiting
from client.commands import valid
from client.conversation import Conversation
from client.errors import Backlogged, Closed
from client.events import Event
from client.failover import Failover
from client.listening import check
from client.settings import Settings
from client.speaking import Speaking
from client.stay import Stay
from client.transport import TcpTransport, TransportFactory
from wire.address import Address
from wire.names import LOBBY, nickname, room

if TYPE_CHECKING:
    from client.trust import Trust

log = logging.getLogger("hydrachat.client")


class ChatClient(Speaking, Asking, Awaiting):
    """One user's stay.

    `servers`: nodes or balancers, as "HOST:PORT" or Address; tried in random order, or first
    as they stand with `in_order`. The others are found by themselves. `nick`: who we are to be.
    `rooms`: where to be, beside the lobby. `password`: of a registered nickname, or what the cluster asks of everybody.
    `client_name`: for the cluster's operators.
    `on_event`: called on the network thread with each event, instead of the queue that `run`,
    iteration and `next_event` read; it may not wait, and what it raises ends the client. Without
    it, a queue of `settings.unread` events that nobody takes stops the reading, also of outcomes:
    who only says passes an `on_event` that does nothing. `tls`: by TLS, and never without; `tls_ca`: a PEM file with
    the authorities to trust, if not the system's; `tls_name`: whose certificate the servers have to show, if not that
    of their own host. `transport`, `rng`: for tests.

    Nothing happens before `start`, or `with`. Raises Refused for a name that can't be one, and
    ValueError for servers and `tls_ca`, TypeError for what is no text, or no list.
    """

    def __init__(
        self,
        servers: Sequence[str | Address],
        nick: str,
        *,
        rooms: Sequence[str] = (LOBBY,),
        password: str | None = None,
        client_name: str = "hydrachat-library",
        on_event: Callable[[Event], object] | None = None,
        in_order: bool = False,
        tls: bool = False,
        tls_ca: str | Path | None = None,
        tls_name: str | None = None,
        settings: Settings | None = None,
        transport: TransportFactory = TcpTransport,
        rng: random.Random | None = None,
    ) -> None:
        for one in (servers, rooms):
            if isinstance(one, str):
                raise TypeError(f"a list of texts is wanted, not one: write [{one!r}]")
        if on_event is not None:
            check(on_event)
        settings, rng = settings or Settings(), rng or random.Random()
        stay = Stay(
            valid(nickname, nick).shown, [valid(room, name) for name in rooms], client_name, settings, rng, password
        )
        addresses = [Address.parse(one) if isinstance(one, str) else one for one in servers]
        machine = Failover(Conversation(stay), addresses, settings, rng, in_order=in_order)
        trust = _trust(addresses, tls_ca, tls_name, tls=tls)
        super().__init__(machine, transport, settings, stay, on_event, trust)

    # -- beginning and end ---------------------------------------------------------------

    def start(self, timeout: float | None = START_TIMEOUT) -> None:
        """Blocks until a node has welcomed us. Raises Unreachable after `timeout` seconds, Refused,
        Closed. Once only."""
        self._begin()
        with self._changed:
            self._changed.wait_for(self._has_begun, timeout)
        self._welcomed()

    def _begin(self) -> None:
        with self._changed:
            if self._started or self._over:
                raise Closed("a client is started once")
            self._started = True
        self._network.start()

    def _has_begun(self) -> bool:
        return bool(self._session) or self._over

    def _welcomed(self) -> None:
        with self._changed:
            if self._session:
                return
            error = (self._error or Closed("the client was closed")) if self._over else None
        self.close()
        raise error or self._machine.unreachable()

    def quit(self, timeout: float = 5.0) -> None:
        """Leaves in order: the others see us leave at once. What is pending then is dropped; see
        `flush`. Idempotent."""
        self._network.submit(lambda machine, now: machine.quit(now))
        if self._started and not self._busy:
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
        elif self._started and not self._busy:
            self._network.join(None)

    @property
    def _busy(self) -> bool:
        """Whether the caller is who would be waited for: the network thread, or a signal handler that has interrupted
        a thread which holds the lock. What he wants is done once he is through."""
        return self._network.current or self._changed.mine

    def __enter__(self) -> Self:
        """Starts; raises what `start` does."""
        try:
            self.start()
        except BaseException:  # after Ctrl-C too nobody calls `__exit__`; it is raised on
            self.quit()  # it may have come in meanwhile, and would hold the nickname for the grace
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits up to `settings.flush_timeout` for the outcomes of what was said, but after an error; then quits."""
        # In order also after an error: who is started again finds the nickname free.
        try:
            if kind is None and not self._flushed():
                log.warning("left with %d messages of which it is not known whether they were said", self.pending)
        finally:
            self.quit()

    def _flushed(self) -> bool:
        try:
            return self.flush(self._settings.flush_timeout)
        except Backlogged:
            return False


def _trust(servers: Sequence[Address], ca: str | Path | None, name: str | None, *, tls: bool) -> Trust | None:
    if not tls:
        if ca or name:
            raise ValueError("tls_ca and tls_name go with tls=True: without it nothing is encrypted or verified")
        return None
    # Imported late: it takes its time, and most bots stand beside their node.
    from client.trust import Trust

    return Trust(servers, ca, name)
