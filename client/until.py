"""Waiting in asyncio for what the network thread brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from client.errors import Backlogged

if TYPE_CHECKING:
    import asyncio

    from client.changed import Changed


async def until(changed: Changed, predicate: Callable[[], Any], *, outcome: bool = True) -> None:
    """Until `predicate`, which is asked with the lock held. `outcome`: it waits for one, which has to be read even
    where events pile up. Raises as `Changed.wait_for`."""
    import asyncio  # who has a loop has it already

    there: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with changed:
        if predicate():
            return
        watch = changed.watch(predicate, lambda: _tell(there), outcome=outcome)
    try:
        await there
    finally:
        with changed:
            changed.unwatch(watch)
            flooded = changed.flooded and not predicate()
    if flooded:
        raise Backlogged("too many events wait to be taken: outcomes can't come before that (or pass `on_event`)")


def _tell(there: asyncio.Future[None]) -> None:
    # Any thread, with the lock held. Often many times before the waiter runs; it may have gone by then.
    try:
        there.get_loop().call_soon_threadsafe(_end, there)
    except RuntimeError:
        pass  # the loop is closed: nobody waits


def _end(there: asyncio.Future[None]) -> None:
    if not there.done():
        there.set_result(None)
