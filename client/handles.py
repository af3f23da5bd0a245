"""What `say` and the questions give back: a place to wait for the outcome."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any, Generic, TypeVar, cast

from client.changed import Changed
from client.errors import ChatError
from client.events import AcceptedEvent, Event
from client.until import until

Outcome = TypeVar("Outcome", bound=Event)


class Handle(Generic[Outcome]):
    """Settled once, by the network thread. Any thread may wait.

    `changed` is the client's condition; it guards the handle's fields."""

    def __init__(self, ticket: int, changed: threading.Condition) -> None:
        self.ticket = ticket
        self._changed = changed
        self._outcome: Outcome | None = None
        self._error: ChatError | None = None

    @property
    def done(self) -> bool:
        """Whether there is an outcome, good or bad."""
        return self._outcome is not None or self._error is not None

    @property
    def error(self) -> ChatError | None:
        """What went wrong; None: nothing (yet)."""
        return self._error

    def wait(self, timeout: float | None = None) -> Outcome:
        """Blocks up to `timeout` seconds (None: until there is an outcome). Raises what went wrong (Refused, Unsure,
        Closed, Crashed), TimeoutError, RuntimeError inside `on_event`, or Backlogged: ten times `settings.unread`
        events wait to be taken, and the outcome comes behind them. It may be called again, by any thread."""
        with self._changed:
            self._changed.wait_for(lambda: self.done, timeout)
            if self._error is not None:
                raise self._error
            if self._outcome is None:
                raise TimeoutError("no outcome yet")
            return self._outcome

    def __await__(self) -> Generator[Any, None, Outcome]:
        """In asyncio: as `wait`, without a thread. Giving up, as `asyncio.timeout` does, changes nothing."""
        return self._awaited().__await__()

    async def _awaited(self) -> Outcome:
        await until(cast(Changed, self._changed), lambda: self.done)
        return self.wait(0.0)

    def settle(self, outcome: Outcome) -> None:
        """Network thread, with the condition held."""
        self._outcome = outcome

    def fail(self, error: ChatError) -> None:
        """Network thread, with the condition held. No effect on what is settled."""
        if not self.done:
            self._error = error


class Reply(Handle[Outcome]):
    """The answer to a question, such as join or who: `wait` gives its event."""


class Sending(Handle[AcceptedEvent]):
    """Something said: in line, then accepted or not; a direct message also received or not."""

    def __init__(self, ticket: int, to: str, text: str, changed: threading.Condition) -> None:
        super().__init__(ticket, changed)
        self.to = to
        self.text = text
        self._received: str | None = None
        self._no_receipt: ChatError | None = None

    @property
    def accepted(self) -> AcceptedEvent | None:
        """Where it stands in its log; None: not known to be there (yet)."""
        return self._outcome

    @property
    def n(self) -> int | None:
        """Its number in the session, once it is accepted."""
        return self._outcome.n if self._outcome else None

    @property
    def received(self) -> str | None:
        """Of a direct message: received, sent or undelivered, once that is known."""
        return self._received

    def wait_accepted(self, timeout: float | None = None) -> AcceptedEvent:
        """See `wait`."""
        return self.wait(timeout)

    def wait_received(self, timeout: float | None = None) -> str:
        """Of a direct message: blocks up to `timeout` seconds for the receipt, and gives "received", "sent" (to a plain
        client, that can't tell) or "undelivered" (the addressee's session ended first). Raises as `wait` does,
        and ValueError for what was said in a room: that has no receipts."""
        if not self.to.startswith("@"):
            raise ValueError("only direct messages have receipts")
        with self._changed:
            self._changed.wait_for(lambda: self._received or self._error or self._no_receipt, timeout)
            error = self._error or self._no_receipt
            if error is not None:
                raise error
            if self._received is None:
                raise TimeoutError("no receipt yet")
            return self._received

    async def receipt(self) -> str:
        """In asyncio: as `wait_received`."""
        if self.to.startswith("@"):
            await until(cast(Changed, self._changed), lambda: self._received or self._error or self._no_receipt)
        return self.wait_received(0.0)

    def receive(self, state: str) -> None:
        """Network thread, with the condition held."""
        self._received = state

    def no_receipt(self, error: ChatError) -> None:
        """Network thread, with the condition held: none will come."""
        self._no_receipt = error
