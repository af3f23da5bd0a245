"""Ties a session's connection to the feed of one of its logs. Shared by hello and join."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cluster.errors import ClusterError
from cluster.types import Company, Entry, Position
from node.delivery import Delivery
from node.feed import Feed
from node.letters import wire_log
from node.verbs.history import tell_history
from wire.frames import Joined, Left

if TYPE_CHECKING:
    from node.connection import Connection


def attach(connection: Connection, feed: Feed, cursor: Position, top: Position) -> None:
    """From here on the client gets what comes after `cursor` in a log that is held for it."""
    session = connection.session
    assert session is not None
    delivery = Delivery(feed, connection.outbox, connection.dialect, cursor, session.id)
    _bound(connection, delivery, top)
    session.deliveries[feed.log] = delivery
    feed.attach(delivery, top)


def _bound(connection: Connection, delivery: Delivery, top: Position) -> None:
    """Of a room so much is replayed at most. An inbox has its own limit, and nobody is to miss a direct message."""
    most = connection.house.settings.max_replay
    # Where its cursor is in the present epoch is known only after a read.
    far = delivery.epoch != top.epoch or top.offset - delivery.next >= most
    if far and delivery.feed.log.startswith("#"):
        delivery.most = most


def finish_room(connection: Connection, feed: Feed, cursor: Position, until: Position) -> None:
    """The client gets what comes after `cursor` up to `until`, its left entry, and no more."""
    session = connection.session
    assert session is not None
    delivery = Delivery(feed, connection.outbox, connection.dialect, cursor, session.id)
    _bound(connection, delivery, until)
    delivery.leaves = True
    delivery.until, delivery.done = until, lambda _: _tell_left(connection, feed, until)
    feed.attach(delivery, until)


def _tell_left(connection: Connection, feed: Feed, where: Position) -> None:
    """Said again after the entry itself, which a rewind may have lost."""
    session = connection.session
    assert session is not None
    now = int(time.time() * 1000)
    frame = Left(log=feed.name, epoch=where.epoch, offset=where.offset, session=session.id, nick=session.name.shown,
                 time=now, reason="left")  # fmt: skip
    connection.tell(frame)


def show_room(connection: Connection, room: str, where: Position, time: int, request: int | None = None) -> None:
    """Answers a join: who is here, and what was said last. `where`: the client's own joined entry, or
    offset 0 when there was none, so that no cursor moves. Members and history are a courtesy: while
    Redis is away they are left out. Both are read before either is told: who hears that he is in, and then loses
    his connection, has read what was said before, or as good as always."""
    joined, before = _joined(connection, room, where, time, request), _before(connection, room, where)
    connection.send(joined)
    tell_history(connection, before)
    if before and not connection.native:
        connection.house.rooms.shown(room, before)


def _joined(connection: Connection, room: str, where: Position, time: int, request: int | None) -> Joined:
    session = connection.session
    assert session is not None
    company = Company(1, [session.name.shown])
    try:
        company = connection.house.cluster.company(room, Joined.MEMBERS_SHOWN)
    except ClusterError:
        pass
    return Joined(
        log=wire_log(room),
        epoch=where.epoch,
        offset=where.offset,
        session=session.id,
        nick=session.name.shown,
        time=time,
        count=company.count,
        members=company.nicks,
        id=request,
        topic=company.topic,
    )


def _before(connection: Connection, room: str, where: Position) -> Sequence[Entry]:
    """What was said last before `where`."""
    session, house = connection.session, connection.house
    assert session is not None
    if not where.offset or not house.settings.history:
        return ()
    try:
        return house.cluster.history(room, where.offset, house.settings.history, session.id)
    except ClusterError:
        return ()
