"""ack: what has reached the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.types import Position
from node.session import Session
from node.verbs.pacing import ACKS, in_passing
from wire.frames import INBOX, Ack

if TYPE_CHECKING:
    from node.connection import Connection


def ack(connection: Connection, frame: Ack) -> None:
    """The inbox's cursor goes to the cluster: the senders get their receipts. Rooms need none: each
    client keeps its own cursors, and their logs are trimmed by length."""
    cursor, session = frame.cursors.get(INBOX), connection.session
    if in_passing(connection, ACKS) and cursor is not None and session is not None:
        connection.acks.received(connection, _offered(session, Position(*cursor)))


def _offered(session: Session, cursor: Position) -> Position:
    """`cursor`, or where the inbox was offered up to, if that is less: what nobody has sent yet can't have arrived, and
    would be trimmed as soon as somebody sends it."""
    delivery = session.deliveries.get(session.inbox)
    if delivery is None:
        return cursor
    place = delivery.feed.offered(delivery)
    return place if place.epoch == cursor.epoch and place.offset < cursor.offset else cursor
