"""Taking the events, one after the other, on a thread of the user's."""

from __future__ import annotations

from collections.abc import Iterator

from client.core import Core
from client.events import Event, Stopped


class Listening(Core):
    """Part of `ChatClient`. Any thread; each event is taken once, by whichever thread comes first."""

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
