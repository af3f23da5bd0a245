"""history: what was said in a room before."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Refused
from cluster.types import Entry, Reason
from node.letters import frame as frame_of
from node.verbs.refusals import refusal
from wire import WireError, render, room
from wire.frames import History, HistoryEnd

if TYPE_CHECKING:
    from node.connection import Connection

PATIENCE = 10.0
"""Seconds that a client may take to make room for more."""
TOGETHER = 32 * 1024
"""Bytes that are offered at once: to wake the deliverer for each line is most of the work. An outbox holds eight times
as much, and a line, at least."""


def history(connection: Connection, frame: History) -> None:
    try:
        name = room(frame.room)
        session = connection.session
        if session is None or not session.is_in(name):
            raise Refused(Reason.NOT_MEMBER)
        await_room(connection)  # who does not read what he was given needs no more of it yet
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
    if connection.outbox.size < connection.outbox.low_water:
        return
    room_again = threading.Event()
    if not connection.outbox.low(room_again.set):
        room_again.wait(PATIENCE)


def tell_history(connection: Connection, entries: Sequence[Entry]) -> None:
    """Messages marked as history: outside of the order of the log. Blocks while the client takes them
    slowly (the deliverer wakes us); if it stops, the outbox overflows and it is closed."""
    lines, size = [], 0
    for entry in entries:
        told = frame_of(entry, history=True)
        if told is None:
            continue
        lines.append(render(told, connection.dialect))
        size += len(lines[-1])
        if size >= TOGETHER:
            await_room(connection)
            connection.outbox.offer(b"".join(lines))
            lines, size = [], 0
    if lines:
        await_room(connection)
        connection.outbox.offer(b"".join(lines))
