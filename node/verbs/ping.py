"""ping: is anybody there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wire.frames import Ping, Pong

if TYPE_CHECKING:
    from node.connection import Connection


def ping(connection: Connection, frame: Ping) -> None:
    connection.tell(Pong(id=frame.id))
