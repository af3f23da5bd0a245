"""What a client is told of the session that is now its connection's, and where each log goes on for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cluster.types import Claimed, Position
from node.letters import wire_log
from node.verbs.attach import attach, show_room
from wire.frames import Cursors, Welcome

if TYPE_CHECKING:
    from node.connection import Connection


def attach_all(connection: Connection, claimed: Claimed, cursors: Cursors) -> None:
    """Every log of the session, from the client's cursor. Where it has none it never heard that it is in: it is shown
    the room, and goes on from where that is owed to it."""
    rooms = connection.house.rooms
    for log, top in claimed.logs.items():
        owed = claimed.owed.get(log, top)
        if log.startswith("#") and wire_log(log) not in cursors:
            show_room(connection, log, owed, claimed.since)
        attach(connection, rooms.hold(log), _cursor(log, cursors, owed), top)


def _cursor(log: str, cursors: Mapping[str, tuple[str, int]], owed: Position) -> Position:
    cursor = cursors.get(wire_log(log))
    return Position(*cursor) if cursor else owed


def _welcome_logs(claimed: Claimed, cursors: Cursors) -> Cursors:
    """Where each log stands or, where the client has no cursor, where it begins for it."""
    known = {log: top if wire_log(log) in cursors else claimed.owed.get(log, top) for log, top in claimed.logs.items()}
    known |= parted(claimed, cursors)
    return {wire_log(log): (place.epoch, place.offset) for log, place in known.items()}


def parted(claimed: Claimed, cursors: Cursors) -> Mapping[str, Position]:
    """Rooms that were left without the client having heard of it, each with the place of the left entry."""
    return {room: place for room, place in claimed.parted.items() if room in cursors and room not in claimed.logs}


def welcome(connection: Connection, claimed: Claimed, token: str | None, cursors: Cursors) -> Welcome:
    house = connection.house
    connection.told_nodes = house.others()
    return Welcome(
        session=claimed.session,
        nick=claimed.name.shown,
        node=house.settings.id,
        logs=_welcome_logs(claimed, cursors),
        heartbeat=house.settings.heartbeat,
        token=token,
        n=claimed.n,
        nodes=connection.told_nodes,
        resumed=claimed.resumed,
    )
