"""rooms: which rooms have members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError
from node.verbs.history import await_room
from node.verbs.refusals import refusal
from wire.frames import RoomInfo, RoomList, Rooms

if TYPE_CHECKING:
    from node.connection import Connection

ROWS = 200
"""In one frame: the longest fit into its 64 KiB."""


def rooms(connection: Connection, frame: Rooms) -> None:
    asks = connection.session.id if connection.session else ""
    try:
        found = connection.house.cluster.rooms(asks)
    except ClusterError as error:
        connection.tell(refusal(error, id=frame.id))
        return
    rows = [RoomInfo(room=name, members=count) for name, count in found]
    for start in range(0, len(rows) or 1, ROWS):
        await_room(connection)
        more = start + ROWS < len(rows)
        connection.tell(RoomList(rooms=rows[start : start + ROWS], more=more, id=frame.id))
