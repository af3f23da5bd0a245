"""leave: give up a room, after everything that was said in it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Fenced, Refused
from cluster.types import Membership, Position, Reason
from node.verbs.refusals import fenced, refusal
from wire import WireError, room
from wire.frames import Leave, Left

if TYPE_CHECKING:
    from node.connection import Connection


def leave(connection: Connection, frame: Leave) -> None:
    session = connection.session
    assert session is not None
    try:
        name = room(frame.room)
        done = connection.house.cluster.leave(session.id, session.claim, name)
    except WireError as error:
        connection.tell(WireError(error.code, error.text, id=frame.id).to_frame())
    except Fenced as error:
        connection.dismiss(fenced(error))
    except ClusterError as error:
        connection.tell(refusal(error, id=frame.id))
        if isinstance(error, Refused) and error.reason == Reason.NOT_MEMBER:
            _forget(connection, name)
    else:
        _leave(connection, done, frame.id)


def _leave(connection: Connection, done: Membership, request: int | None) -> None:
    session, house = connection.session, connection.house
    assert session is not None
    house.log.info("left", room=done.room, reason="left", **connection.names())
    answer = Left(
        log=done.room,
        epoch=done.position.epoch,
        offset=done.position.offset,
        session=session.id,
        nick=session.name.shown,
        time=done.time,
        reason="left",
        id=request,
    )
    session.rooms = tuple(name for name in session.rooms if name != done.room)
    delivery = session.deliveries.pop(done.room, None)
    if delivery is None:
        connection.tell(answer)
        return
    before = Position(done.position.epoch, done.position.offset - 1)
    delivery.leaves = True
    delivery.feed.finish(delivery, before, lambda beyond: _answer(connection, answer, beyond))
    house.rooms.release(done.room)


def _answer(connection: Connection, answer: Left, beyond: bool) -> None:
    # A person who saw the entry itself needs no second line; a program waits for its id.
    if connection.native or not beyond:
        connection.tell(answer)


def _forget(connection: Connection, name: str) -> None:
    """We believed to be in a room in which the cluster knows us not."""
    session = connection.session
    assert session is not None
    session.rooms = tuple(each for each in session.rooms if each != name)
    delivery = session.deliveries.pop(name, None)
    if delivery is not None:
        delivery.feed.detach(delivery)
        connection.house.rooms.release(name)
