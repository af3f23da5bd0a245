"""hello: begin a session, or go on with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Refused
from cluster.types import LOBBY, Claimed, Name, Position
from node.letters import wire_log
from node.session import Session, new_id, token_hash
from node.verbs.attach import attach, show_room
from node.verbs.refusals import LEASE_LOST, TAKEN_OVER, refusal
from wire import WireError, nickname, suggestions
from wire.frames import Cursors, Error, Hello, Welcome

if TYPE_CHECKING:
    from node.connection import Connection


def hello(connection: Connection, frame: Hello) -> None:
    refused = connection.house.standing.refusal()
    if refused is not None:
        connection.dismiss(Error(code=refused[0], text=refused[1]))
        return
    if frame.session is not None:
        resume(connection, frame, frame.session, frame.token or "")
        return
    try:
        nick = nickname(frame.nick or "")
    except WireError as error:
        connection.send(error.to_frame())
        return
    begin(connection, Name(nick.shown, nick.mapped))


def begin(connection: Connection, name: Name) -> None:
    """A new session under `name`."""
    house, session, token = connection.house, new_id(), new_id()
    hashed = token_hash(token)
    boot = house.cluster.boot
    # Held before the script runs: what is said right after it must find the feeds.
    held = _hold(connection, [f"@{session}", LOBBY])
    try:
        proposals = [nickname(free) for free in suggestions(name.shown)]
        names = [Name(free.shown, free.mapped) for free in proposals]
        claimed = house.cluster.claim(session, new_id(), name, names, hashed, connection.peer)
    except ClusterError as error:
        _refuse(connection, held, error)
        return
    settle(connection, claimed, hashed, boot)
    for room in connection.session.rooms if connection.session else ():
        house.log.info("joined", room=room, **connection.names())
    connection.send(_welcome(connection, claimed, token, {}))
    show_room(connection, LOBBY, claimed.logs[LOBBY], claimed.since)
    _attach_all(connection, claimed, {}, held)


def resume(connection: Connection, frame: Hello, session: str, token: str) -> None:
    """The session `session` goes on here, from the client's cursors."""
    house, hashed = connection.house, token_hash(token)
    boot = house.cluster.boot
    rooms = [log for log in frame.cursors if log.startswith("#") and house.rooms.is_held(log)]
    held = _hold(connection, [f"@{session}", *rooms])
    try:
        claimed = house.cluster.resume(session, new_id(), hashed, frame.n, connection.peer)
    except ClusterError as error:
        _refuse(connection, held, error)
        return
    settle(connection, claimed, hashed, boot)
    house.log.info("resumed", **connection.names())
    connection.send(_welcome(connection, claimed, None, frame.cursors))
    _attach_all(connection, claimed, frame.cursors, held)


def settle(connection: Connection, claimed: Claimed, hashed: str, boot: str) -> None:
    """The session is this connection's from now on."""
    house = connection.house
    session = connection.session = Session(claimed, hashed, connection.peer, connection)
    former = house.registry.add(session)
    if former is not None:
        former.connection.dismiss(TAKEN_OVER)
    if house.cluster.boot != boot and house.registry.remove(session):
        # The lease was lost while the claim was on its way, so `on_lease_lost` did not see this session.
        connection.dismiss(LEASE_LOST)


def _hold(connection: Connection, logs: list[str]) -> set[str]:
    for log in logs:
        connection.house.rooms.hold(log)
    return set(logs)


def _refuse(connection: Connection, held: set[str], error: ClusterError) -> None:
    for log in held:
        connection.house.rooms.release(log)
    answer = refusal(error)
    if isinstance(error, Refused):
        connection.send(answer)
    else:
        connection.dismiss(answer)


def _attach_all(connection: Connection, claimed: Claimed, cursors: Cursors, held: set[str]) -> None:
    """Every log of the session, from the client's cursor or, where it has none, from where it is owed."""
    rooms = connection.house.rooms
    for log, top in claimed.logs.items():
        feed = rooms.hold(log)
        attach(connection, feed, _cursor(log, cursors, claimed.owed.get(log, top)), top)
    for log in held:
        rooms.release(log)


def _cursor(log: str, cursors: Mapping[str, tuple[str, int]], owed: Position) -> Position:
    cursor = cursors.get(wire_log(log))
    return Position(*cursor) if cursor else owed


def _welcome_logs(claimed: Claimed, cursors: Cursors) -> Cursors:
    """Where each log stands or, where the client has no cursor, where it begins for it."""
    known = {log: top if wire_log(log) in cursors else claimed.owed.get(log, top) for log, top in claimed.logs.items()}
    return {wire_log(log): (place.epoch, place.offset) for log, place in known.items()}


def _welcome(connection: Connection, claimed: Claimed, token: str | None, cursors: Cursors) -> Welcome:
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
