"""history: what was said in a room before."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Refused
from cluster.types import Entry, Reason
from node.letters import frame as frame_of
from node.verbs.refusals import refusal
from wire import WireError, room
from wire.frames import History, HistoryEnd

if TYPE_CHECKING:
    from node.connection import Connection

PATIENCE = 10.0
"""Seconds that a client may take to make room for more."""


def history(connection: Connection, frame: History) -> None:
    try:
        name = room(frame.room)
        session = connection.session
        if session is None or not session.is_in(name):
            raise Refused(Reason.NOT_MEMBER)
        entries = connection.house.cluster.history(name, frame.before, frame.limit, session.id)
    except WireError as error:
        connection.tell(WireError(error.code, error.text, id=frame.id).to_frame())
        return
    except ClusterError as error:
        connection.tell(refusal(error, id=frame.id))
        return
    tell_history(connection, entries)
    connection.tell(HistoryEnd(room=name, count=len(entries), id=frame.id))


def await_room(connection: Connection) -> None:
    """Blocks while the client takes slowly what it has asked for; `PATIENCE` at most."""
    room_again = threading.Event()
    if not connection.outbox.low(room_again.set):
        room_again.wait(PATIENCE)


def tell_history(connection: Connection, entries: Sequence[Entry]) -> None:
    """Messages marked as history: outside of the order of the log. Blocks while the client takes them
    slowly (the deliverer wakes us); if it stops, the outbox overflows and it is closed."""
    for entry in entries:
        await_room(connection)
        told = frame_of(entry, history=True)
        if told is not None:
            connection.tell(told)
