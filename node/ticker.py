"""The thread that looks at the clock for all connections: one look each half second."""

from __future__ import annotations

import threading
import time

from node.connection import Connection
from node.house import House
from node.process import wait_patiently
from wire import Code
from wire.frames import Error

TICK = 0.5
STALLED = 30.0
"""Seconds in which the kernel took nothing of what waits for a client."""
_SILENCES = 2.5
_CROWD = 1000
"""Connections for which the patience that a node begins with is not enough."""
ABSENT_KEPT = 900.0
"""Seconds for which a session that is away is remembered beyond its grace. The cluster says when one has ended, and
after an outage of Redis that may be long after its grace: until then it has to be claimed again if Redis loses it."""

_NO_HELLO = Error(code=Code.HELLO_TIMEOUT, text="no hello in time; connect again")
_SILENT = Error(code=Code.SILENT, text="nothing was heard for too long; connect again and go on")
_STALLED = Error(code=Code.TOO_SLOW, text="you have stopped reading; connect again and go on where you were")


class Ticker:
    """`run` is the thread's loop; `stop` wakes and ends it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._stopping = threading.Event()
        self._looked = time.monotonic()
        self._crowded = False
        self._awake = 0.0  # since when it was on time: who is late itself has not yet read what clients have sent

    def run(self) -> None:
        while not self._stopping.wait(TICK):
            self.tick(time.monotonic())

    def stop(self) -> None:
        self._stopping.set()

    def tick(self, now: float) -> None:
        """One look. `now`: monotonic seconds."""
        house = self._house
        if now - self._looked > max(2 * TICK, house.settings.heartbeat / 2):
            self._awake = now
        self._looked = now
        connections = house.roster.all()
        self._heed_crowd(len(connections))
        for connection in connections:
            self._look_at(connection, now)
            connection.acks.tick(connection)
        self._end_pending(now)
        house.pressure.look(connections)
        house.limited.tick(now)
        house.doorstep.sweep(now)
        house.addresses.sweep(now)
        house.gate.sweep(now)
        house.rooms.sweep(now)
        house.registry.sweep(now - house.settings.grace - house.settings.lease - ABSENT_KEPT)
        house.metrics.delay.tick(now, house.rooms.place)

    def _heed_crowd(self, connections: int) -> None:
        crowded = connections > _CROWD
        if crowded or self._crowded:
            wait_patiently(connections)
        self._crowded = crowded

    def _look_at(self, connection: Connection, now: float) -> None:
        settings = self._house.settings
        connection.expire(now)
        outbox = connection.outbox
        if outbox.size and now - outbox.progress > STALLED and not outbox.finishing:
            self._house.log.warning("stalled", peer=connection.peer, **connection.names())
            connection.dismiss(_STALLED)
        if connection.busy or connection.session is None:
            return
        silence = now - max(connection.heard, self._awake)
        is_silent = connection.native and silence > settings.heartbeat * _SILENCES
        # Where something lies unread it is we who are late: a thousand threads wait for their turn.
        if is_silent and not outbox.finishing and not connection.is_unread:
            self._house.log.info("silent", peer=connection.peer, seconds=round(silence, 1), **connection.names())
            connection.dismiss(_SILENT)

    def _end_pending(self, now: float) -> None:
        """Whatever they sent meanwhile: a byte now and then is no hello."""
        house = self._house
        for connection in house.roster.overdue(now - house.settings.hello_timeout):
            if not connection.outbox.finishing:
                house.limited.hit("hello_timeout", connection.peer)
            connection.dismiss(_NO_HELLO)
