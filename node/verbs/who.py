"""who: who is in a room, or in the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError
from node.verbs.history import await_room
from node.verbs.refusals import refusal
from wire import WireError, room
from wire.frames import Member, Members, Who

if TYPE_CHECKING:
    from node.connection import Connection

ROWS = 150
"""In one frame: the longest fit into its 64 KiB."""


def who(connection: Connection, frame: Who) -> None:
    asks = connection.session.id if connection.session else ""
    try:
        name = room(frame.room) if frame.room is not None else None
        found = connection.house.cluster.members(name, asks)
    except WireError as error:
        connection.tell(WireError(error.code, error.text, id=frame.id).to_frame())
        return
    except ClusterError as error:
        connection.tell(refusal(error, id=frame.id))
        return
    rows = [Member(nick=one.nick, session=one.session, node=one.node, state=one.state, gone=one.gone) for one in found]
    for start in range(0, len(rows) or 1, ROWS):
        await_room(connection)
        more = start + ROWS < len(rows)
        connection.tell(Members(members=rows[start : start + ROWS], room=name, more=more, id=frame.id))
