"""For programs under asyncio: the same chat, waited for without a thread for each who waits."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from client.errors import Backlogged, Closed
from client.events import Event, Stopped
from client.listening import Listening
from client.until import until

log = logging.getLogger("hydrachat.client")
START_TIMEOUT = 10.0


class Awaiting(Listening):
    """Part of `ChatClient`: `async with`, `async for`. In the thread of a running loop."""

    async def __aenter__(self) -> Self:
        """Starts; raises what `start` does."""
        import asyncio

        self._begin()
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await until(self._changed, self._has_begun)
        except TimeoutError:
            pass  # told as `start` tells it
        except BaseException:  # also a cancelled task: it has begun, and nobody else would end it
            await asyncio.to_thread(self.quit)
            raise
        self._welcomed()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As the end of a `with`."""
        import asyncio

        try:
            if kind is None:
                async with asyncio.timeout(self._settings.flush_timeout):
                    await until(self._changed, lambda: not self._ledger.pending or self._over)
        except (TimeoutError, Backlogged):
            log.warning("left with %d messages of which it is not known whether they were said", self.pending)
        finally:
            await asyncio.to_thread(self.quit)

    async def __aiter__(self) -> AsyncIterator[Event]:
        """As iterating: all events up to Stopped, whose error is raised after it; Closed before the start."""
        if not self._started and not self._over:
            raise Closed("nothing can come yet: use `async with`")
        while True:
            await until(self._changed, lambda: self._queue or self._queue.ended, outcome=False)
            event = self.next_event(0.0)
            if event is None and self._queue.ended:
                return
            if event is not None:
                yield event
            if isinstance(event, Stopped) and event.error is not None:
                raise event.error

    # Of `ChatClient`.

    def _begin(self) -> None:
        raise NotImplementedError

    def _has_begun(self) -> bool:
        raise NotImplementedError

    def _welcomed(self) -> None:
        raise NotImplementedError

    def quit(self, timeout: float = 5.0) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
