"""join: become a member of a room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Fenced, Refused
from cluster.types import Position, Reason
from node.delivery import Delivery
from node.feed import Feed
from node.rooms import Rooms
from node.verbs.attach import attach, show_room
from node.verbs.refusals import fenced, refusal
from node.verbs.rights import key_digest
from wire import WireError, room
from wire.frames import Join

if TYPE_CHECKING:
    from node.connection import Connection


_LIMITS = {
    Reason.TOO_MANY_ROOMS: "max_rooms_per_session",
    Reason.ROOM_FULL: "max_members",
    Reason.TOO_MANY_ROOMS_IN_ALL: "max_rooms",
}


def join(connection: Connection, frame: Join) -> None:
    try:
        name = room(frame.room)
        digest = key_digest(name, frame.key)
    except WireError as error:
        connection.send(WireError(error.code, error.text, id=frame.id).to_frame())
        return
    _forget_removed(connection)
    # Held before the script runs: what is said right after it must find the feed.
    feed = connection.house.rooms.hold(name)
    kept = False
    try:
        kept = _join(connection, name, digest, frame.id, feed)
    finally:
        if not kept:
            connection.house.rooms.release(name)


def _forget_removed(connection: Connection) -> None:
    """Lets go of the rooms from which others have removed us: who is removed again and again must not hold them all."""
    session, rooms = connection.session, connection.house.rooms
    assert session is not None
    gone = {name for name in session.rooms if not session.is_in(name)}
    for name in gone:
        _forget_left(session.deliveries, name, rooms)
    if gone:
        session.rooms = tuple(name for name in session.rooms if name not in gone)


def _forget_left(deliveries: dict[str, Delivery], name: str, rooms: Rooms) -> bool:
    """Whether what the room delivers ended with a `left` that nobody asked for here: a rewind brought it."""
    if not deliveries[name].left:
        return False
    delivery = deliveries.pop(name)
    delivery.feed.detach(delivery)
    rooms.release(name)
    return True


def _join(connection: Connection, name: str, digest: str, request: int | None, feed: Feed) -> bool:
    """Whether the feed is held for this session from now on."""
    session, house = connection.session, connection.house
    assert session is not None
    try:
        done = house.cluster.join(session.id, session.claim, name, digest)
    except Fenced as error:
        connection.dismiss(fenced(error))
        return False
    except ClusterError as error:
        if isinstance(error, Refused) and Reason(error.reason) in _LIMITS:
            house.limited.hit(_LIMITS[Reason(error.reason)], connection.peer)
        connection.send(refusal(error, id=request))
        return False
    known = name in session.deliveries and not _forget_left(session.deliveries, name, house.rooms)
    if not known:
        session.joined(name, done.position)
    if done.changed:
        house.log.info("joined", room=name, **connection.names())
    fresh = done.changed and not known
    show_room(connection, name, done.position if fresh else Position("", 0), done.time, request)
    if not known:
        attach(connection, feed, done.position, done.position)
    return not known
