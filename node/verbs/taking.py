"""A session becomes this connection's: it begins, or goes on here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cluster.errors import ClusterError, Refused
from cluster.types import LOBBY, NOTHING_LOST, Claimed, Lost, Name, Position, Reason
from node.quota import Quota
from node.session import Session, new_id, session_of, token_hash
from node.verbs.attach import finish_room
from node.verbs.nick import proposals
from node.verbs.refusals import LEASE_LOST, TAKEN_OVER, farewell, refusal
from node.verbs.welcoming import attach_all, parted, welcome
from wire.frames import Hello

if TYPE_CHECKING:
    from node.connection import Connection


class _Asked(NamedTuple):
    """What was so when the cluster was asked for a session: under which boot, and `Registry.ends`."""

    boot: str
    ends: int


def begin(
    connection: Connection, name: Name, token: str, client: str, proof: str = "", *, lost: Lost = NOTHING_LOST
) -> None:
    """A new session under `name`; the same one again, if a hello with this token began it and was not answered."""
    house, session, hashed = connection.house, session_of(token), token_hash(token)
    asked = _Asked(house.cluster.boot, house.registry.ends)
    # Held before the script runs: what is said right after it must find the feeds.
    with _held(connection, [f"@{session}", LOBBY]):
        try:
            claimed = _claim(connection, session, name, hashed, client, proof, lost)
        except ClusterError as error:
            _refuse(connection, error)
            return
        settle(connection, claimed, hashed, asked, client)
        for room in connection.session.rooms if connection.session else ():
            house.log.info("resumed" if claimed.resumed else "joined", room=room, **connection.names())
        connection.send(welcome(connection, claimed, token, {}))
        attach_all(connection, claimed, {})


def _claim(
    connection: Connection, session: str, name: Name, hashed: str, client: str, proof: str, lost: Lost
) -> Claimed:
    """Raises ClusterError."""
    cluster = connection.house.cluster
    try:
        return cluster.claim(session, new_id(), name, proposals(name), hashed, connection.peer, client, proof, lost)
    except Refused as error:
        if error.reason != Reason.SESSION_EXISTS:
            raise
        return cluster.resume(session, new_id(), hashed, 0, connection.peer, client)


def resume(connection: Connection, frame: Hello, session: str, token: str) -> None:
    """The session `session` goes on here, from the client's cursors."""
    house, hashed = connection.house, token_hash(token)
    renewed = new_id() if frame.rotate else None
    asked = _Asked(house.cluster.boot, house.registry.ends)
    rooms = [log for log in frame.cursors if log.startswith("#") and house.rooms.is_held(log)]
    with _held(connection, [f"@{session}", *rooms]):
        try:
            following, before = (token_hash(each) if each else "" for each in (renewed, frame.former))
            claimed = house.cluster.resume(
                session, new_id(), hashed, frame.n, connection.peer, frame.client, following, before
            )
        except ClusterError as error:
            _refuse(connection, error)
            return
        settle(connection, claimed, hashed, asked, frame.client)
        house.log.info("resumed", **connection.names())
        if following not in claimed.tokens[:1]:
            renewed = None  # beside nodes of earlier versions all keep theirs
        connection.send(welcome(connection, claimed, renewed, frame.cursors))
        attach_all(connection, claimed, frame.cursors)
    for room, until in parted(claimed, frame.cursors).items():
        finish_room(connection, house.rooms.hold(room), Position(*frame.cursors[room]), until)
        house.rooms.release(room)


def settle(connection: Connection, claimed: Claimed, hashed: str, asked: _Asked, client: str) -> None:
    """The session is this connection's from now on, unless a later claim was faster or the lease is lost."""
    house = connection.house
    session = connection.session = Session(claimed, hashed, connection.peer, connection, client)
    session.quota = Quota(house.settings, connection.address, claimed.ahead, time.monotonic())
    (house.metrics.resumed if claimed.resumed else house.metrics.begun).inc()
    overtaken = house.registry.add(session)
    if overtaken is not None:
        overtaken.connection.dismiss(TAKEN_OVER)
    if house.registry.doubtful(session):
        house.doubt(session)  # another node took it before we knew that it was ours
    if house.cluster.boot != asked.boot and house.registry.remove(session):
        # The lease was lost while the claim was on its way, so `on_lease_lost` did not see this session.
        connection.dismiss(LEASE_LOST)
    how = house.registry.how_ended(session, asked.ends)
    if how is not None and house.registry.remove(session):
        # An operator was quicker than the answer to the claim.
        house.cluster.end(session.id, session.claim, how)
        connection.dismiss(farewell(how))
    ban = house.bans.of(connection.peer)
    if ban is not None:
        connection.expel(ban)  # it came after we looked, and before we were listed


@contextmanager
def _held(connection: Connection, logs: list[str]) -> Iterator[None]:
    rooms = connection.house.rooms
    for log in logs:
        rooms.hold(log)
    try:
        yield
    finally:  # also after a fault: nobody else would ever let go of them
        for log in logs:
            rooms.release(log)


def _refuse(connection: Connection, error: ClusterError) -> None:
    connection.house.metrics.unwelcome.inc()
    if isinstance(error, Refused) and error.reason == Reason.TOKEN_SPENT:
        _notice_spent(connection, late=error.detail == "1")
    answer = refusal(error)
    if isinstance(error, Refused) and error.reason not in (Reason.KICKED, Reason.BANNED, Reason.REGAINED):
        connection.send(answer)
    else:
        connection.dismiss(answer)


def _notice_spent(connection: Connection, *, late: bool) -> None:
    """Somebody has a copy of a token, unless a hello of the client's own was only carried out `late`."""
    house = connection.house
    house.metrics.tokens_spent.labels("late" if late else "unexplained").inc()
    if late:
        house.log.info("token_late", peer=connection.peer)
    else:
        house.log.warning("token_spent", peer=connection.peer)
