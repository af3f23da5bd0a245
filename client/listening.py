"""Taking the events, one after the other, on a thread of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, TypeVar, overload

from client.core import Core
from client.errors import Closed
from client.events import Event, Stopped

E = TypeVar("E", bound=Event)
Handler = Callable[[E], object]


def check(handler: Callable[[Any], object]) -> None:
    """Raises TypeError for what would never be carried out."""
    if iscoroutinefunction(handler):
        raise TypeError("a plain function is wanted, not an `async def`: take events with `async for event in chat`")


class Listening(Core):
    """Part of `ChatClient`. Any thread; each event is taken once, by whichever thread comes first. With `on_event`
    there is nothing to take."""

    _handlers: tuple[tuple[type[Any], Handler[Any]], ...] = ()  # replaced as a whole, under the lock

    def next_event(self, timeout: float | None = None) -> Event | None:
        """The next event; None after `timeout` seconds, or after the last one (`Stopped`)."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._queue.ended, timeout)
            event, relieved = self._queue.take()
            self._changed.flooded = self._queue.flooded
        if relieved:
            self._network.wake()
        return event

    def __iter__(self) -> Iterator[Event]:
        """All events up to Stopped. Raises its error, if there is one, after it; Closed before `start`."""
        if not self._started and not self._over:
            raise Closed("nothing can come yet: use `with`, or call start() first")
        while (event := self.next_event()) is not None:
            yield event
            if isinstance(event, Stopped) and event.error is not None:
                raise event.error

    @overload
    def on(self, kind: type[E], handler: Handler[E]) -> Handler[E]: ...

    @overload
    def on(self, kind: type[E]) -> Callable[[Handler[E]], Handler[E]]: ...

    def on(self, kind: type[E], handler: Handler[E] | None = None) -> Handler[E] | Callable[[Handler[E]], Handler[E]]:
        """From now on `run` calls `handler` with each event of the class `kind`, after those that were named before;
        what it returns is ignored. Gives `handler` back; without one, a decorator for it. Any thread, also before
        `start` and inside a handler. Raises TypeError for an `async def`."""
        if handler is None:
            return partial(self.on, kind)
        check(handler)
        with self._changed:
            self._handlers = (*self._handlers, (kind, handler))
        return handler

    def run(self) -> None:
        """Takes all events and calls their handlers, on the calling thread, one at a time; returns after the last
        event. A handler may do whatever the user may, also wait; meanwhile events queue. What it raises goes out
        of `run`; the chat goes on, and so does `run` with the next event if it is called again. Only a Closed that
        comes of `quit` is forgiven: what queued before it is still told. Raises as iterating does."""
        for event in self:
            for kind, handler in self._handlers:
                if isinstance(event, kind):
                    self._call(handler, event)

    def _call(self, handler: Handler[Any], event: Event) -> None:
        try:
            handler(event)
        except Closed:
            if not self._over:
                raise
