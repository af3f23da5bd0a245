"""ping: is anybody there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.verbs.pacing import breathe
from wire.frames import Ping, Pong

if TYPE_CHECKING:
    from node.connection import Connection


def ping(connection: Connection, frame: Ping) -> None:
    breathe(connection)
    nodes = connection.house.others()
    # Who knows only nodes that are gone has nowhere to move to.
    news = nodes if nodes != connection.told_nodes else []
    connection.told_nodes = nodes
    connection.answer(Pong(id=frame.id, nodes=news))
