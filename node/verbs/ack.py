"""ack: what has reached the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.types import Position
from wire.frames import INBOX, Ack

if TYPE_CHECKING:
    from node.connection import Connection


def ack(connection: Connection, frame: Ack) -> None:
    """The inbox's cursor goes to the cluster: the senders get their receipts. Rooms need none: each
    client keeps its own cursors, and their logs are trimmed by length."""
    cursor = frame.cursors.get(INBOX)
    if cursor is not None:
        connection.acks.received(connection, Position(*cursor))
