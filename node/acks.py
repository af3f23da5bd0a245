"""Acknowledged inboxes: how far each session has its direct messages, told to the cluster in measure.

A client may acknowledge as often as it likes; the cluster hears of it at most twice a second for each, and
not while Redis is away: what queues there would have no bound. A cursor is cumulative, so nothing is lost. The last one
is told before the session's end, whenever that is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cluster.seam import Health
from cluster.types import Position

if TYPE_CHECKING:
    from node.connection import Connection

INTERVAL = 0.5
RECEIVED, SENT = "received", "sent"


class Acks:
    """One connection's. Its thread, the ticker and who bans its address meet here; a word told twice does no harm."""

    __slots__ = ("_mark", "_pending", "_told", "_told_at")

    def __init__(self) -> None:
        self._pending: Position | None = None
        self._told: Position | None = None
        self._told_at = 0.0
        # For a plain client: a place in its inbox, and the bytes that had been offered by then.
        self._mark: tuple[Position, int] | None = None

    def received(self, connection: Connection, position: Position) -> None:
        """A native client has acknowledged. Its thread."""
        self._pending = position
        if time.monotonic() - self._told_at >= INTERVAL:
            self.flush(connection)

    def flush(self, connection: Connection) -> None:
        """Tells what waits to be told."""
        if connection.house.cluster.health is Health.SERVING:
            self._tell(connection)

    def leave(self, connection: Connection, *, in_order: bool = False) -> None:
        """Tells it before the session's end is told, Redis away or not: one word each, as the end itself is. Of a
        registered nickname's owner what is not acknowledged by then comes again. `in_order`: the client is there until
        the end, so of a plain one what its kernel has taken counts. Any thread, before the deliveries are released."""
        if in_order and not connection.native:
            self._watch(connection)  # up to the mark, then a mark at the end, then up to that
            self._watch(connection)
        self._tell(connection)

    def _tell(self, connection: Connection) -> None:
        pending, session = self._pending, connection.session
        if pending is None or session is None:
            return
        self._pending, self._told, self._told_at = None, pending, time.monotonic()
        state = RECEIVED if connection.native else SENT
        connection.house.cluster.acknowledge(session.id, session.claim, pending, state)

    def renew(self) -> None:
        """Redis may have forgotten what it was told. Publisher thread."""
        if self._pending is None:
            self._pending = self._told

    def tick(self, connection: Connection) -> None:
        """The ticker's look. A plain client can't acknowledge: what its kernel took counts as sent."""
        if not connection.native:
            self._watch(connection)
        self.flush(connection)

    def _watch(self, connection: Connection) -> None:
        session = connection.session
        delivery = session.deliveries.get(session.inbox) if session is not None else None
        if delivery is None:
            return
        mark = self._mark
        if mark is not None and connection.outbox.taken >= mark[1]:
            self._pending, self._mark = mark[0], None
        # The place first: what was offered up to it is then among the bytes.
        place = delivery.feed.place(delivery)
        fresh = place is not None and place.offset and place not in (self._told, self._pending)
        if self._mark is None and place is not None and fresh:
            self._mark = (place, connection.outbox.offered)
