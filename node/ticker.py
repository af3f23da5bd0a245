"""The thread that looks at the clock for all connections: one look each half second."""

from __future__ import annotations

import threading
import time

from node.connection import Connection
from node.house import House
from wire import Code, Dialect
from wire.frames import Error

TICK = 0.5
STALLED = 30.0
"""Seconds in which the kernel took nothing of what waits for a client."""
_SILENCES = 2.5
_PLAIN_ACK_EVERY = 2

_NO_HELLO = Error(code=Code.HELLO_TIMEOUT, text="no hello in time; connect again")
_SILENT = Error(code=Code.SILENT, text="nothing was heard for too long; connect again and go on")
_STALLED = Error(code=Code.TOO_SLOW, text="you have stopped reading; connect again and go on where you were")


class Ticker:
    """`run` is the thread's loop; `stop` wakes and ends it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._stopping = threading.Event()
        self._ticks = 0

    def run(self) -> None:
        while not self._stopping.wait(TICK):
            self.tick(time.monotonic())

    def stop(self) -> None:
        self._stopping.set()

    def tick(self, now: float) -> None:
        """One look. `now`: monotonic seconds."""
        house = self._house
        self._ticks += 1
        for connection in house.roster.all():
            self._look_at(connection, now)
            if self._ticks % _PLAIN_ACK_EVERY == 0 and connection.protocol.dialect is Dialect.PLAIN:
                acknowledge_plain(connection)
        house.rooms.sweep(now)
        house.registry.sweep(now - house.settings.grace - house.settings.lease)
        house.metrics.sessions.set(len(house.registry))

    def _look_at(self, connection: Connection, now: float) -> None:
        settings = self._house.settings
        connection.expire(now)
        outbox = connection.outbox
        if outbox.size and now - outbox.progress > STALLED:
            connection.dismiss(_STALLED)
        if connection.busy:
            return
        if connection.session is None:
            if now - connection.began > settings.hello_timeout:
                connection.dismiss(_NO_HELLO)
        elif connection.native and now - connection.heard > settings.heartbeat * _SILENCES:
            connection.dismiss(_SILENT)


def acknowledge_plain(connection: Connection) -> None:
    """A plain client can't acknowledge its inbox: what its kernel took counts as sent."""
    session = connection.session
    delivery = session.deliveries.get(session.inbox) if session is not None else None
    if session is None or delivery is None:
        return
    mark = connection.mark
    if mark is not None and connection.outbox.taken >= mark[1]:
        connection.mark = None
        connection.house.cluster.acknowledge(session.id, session.claim, mark[0], "sent")
        connection.acked = mark[0]
    place = delivery.feed.place(delivery)
    if connection.mark is None and place is not None and place.offset and place != connection.acked:
        # The place first: what was offered up to it is then among the bytes.
        connection.mark = (place, connection.outbox.offered)
