"""hello: begin a session, or go on with one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from cluster.errors import ClusterError, Refused
from cluster.types import LOBBY, NOTHING_LOST, Claimed, Lost, Name, Position, Reason
from node.admission import come_back
from node.letters import wire_log
from node.pressure import Level
from node.quota import Quota
from node.session import Session, new_id, session_of, token_hash
from node.verbs.admit import admit
from node.verbs.attach import attach, finish_room, show_room
from node.verbs.nick import proposals
from node.verbs.pacing import breathe
from node.verbs.refusals import LEASE_LOST, TAKEN_OVER, farewell, refusal
from wire import Code, WireError, nickname
from wire.frames import Cursors, Error, Hello, Welcome

if TYPE_CHECKING:
    from node.connection import Connection

_TOO_OFTEN = "too many come from your address; connect again in a moment"
_BUSY = "too many come at once; connect again in a moment"
LEAST_TOKEN = 22
"""Characters: 128 random bits in base64. Who guesses a token has the session."""


class _Asked(NamedTuple):
    """What was so when the cluster was asked for a session: under which boot, and `Registry.ends`."""

    boot: str
    ends: int


def hello(connection: Connection, frame: Hello) -> None:
    try:
        act = _asked(connection, frame)
    except WireError as error:
        connection.house.metrics.unwelcome.inc()
        breathe(connection)
        connection.send(error.to_frame())
        return
    if _turned_away(connection) or _too_full(connection, frame):
        return
    connection.house.roster.greets(connection)
    try:
        # Before the line, so that who waits for a hash keeps nobody from his turn who needs none.
        proof = _proof(connection, frame)
        if proof is not None:
            _in_turn(connection, partial(act, proof))
    finally:
        if connection.session is None:
            connection.house.roster.refused(connection)


def _in_turn(connection: Connection, act: Callable[[], None]) -> None:
    with connection.house.admission.turn() as admitted:
        # Much may have changed in the line.
        if _turned_away(connection):
            return
        if admitted:
            connection.house.hands.do(partial(_unless_gone, connection, act))
        else:
            connection.dismiss(Error(code=Code.BUSY, text=_BUSY, after=come_back()))


def _too_full(connection: Connection, frame: Hello) -> bool:
    """Who goes on with a session is taken in for longer than who begins one."""
    house = connection.house
    full = house.pressure.refuses(Level.NEWCOMERS if frame.session is None else Level.ALL, connection.peer)
    if full is not None:
        house.metrics.unwelcome.inc()
        connection.dismiss(full)
    return full is not None


def _unless_gone(connection: Connection, act: Callable[[], None]) -> None:
    """Who has hung up in the line is not taken in: it would take the session from where he has gone to."""
    if not connection.gone and not _comes_too_often(connection):
        act()


def _comes_too_often(connection: Connection) -> bool:
    house = connection.house
    connection.address = connection.address or house.addresses.enter(connection.peer)
    wait = connection.address.join(time.monotonic(), 1.0) if connection.address else 0.0
    if wait <= 0:
        return False
    house.metrics.unwelcome.inc()
    house.limited.hit("address_join_rate", connection.peer)
    connection.dismiss(Error(code=Code.RATE_LIMITED, text=_TOO_OFTEN, after=math.ceil(wait * 1000) + come_back()))
    return True


def _turned_away(connection: Connection) -> bool:
    ban = connection.house.bans.of(connection.peer)
    if ban is not None:
        connection.expel(ban)
        return True
    refused = connection.house.standing.refusal()
    if refused is not None:
        connection.house.metrics.unwelcome.inc()
        connection.dismiss(Error(code=refused[0], text=refused[1]))
    return refused is not None


def _asked(connection: Connection, frame: Hello) -> Callable[[str], None]:
    """What is to be done, with the proof that the nickname needs. Raises WireError."""
    if frame.session is not None:
        session, token = frame.session, frame.token or ""
        return lambda _: resume(connection, frame, session, token)
    return partial(begin, connection, _name(frame), _own_token(frame), frame.client, lost=_lost(frame))


def _name(frame: Hello) -> Name:
    """Raises WireError."""
    nick = nickname(frame.nick or "")
    return Name(nick.shown, nick.mapped)


def _lost(frame: Hello) -> Lost:
    if frame.lost is None:
        return NOTHING_LOST
    session, *tokens = frame.lost
    return Lost(session, tuple(token_hash(each) for each in tokens if each))


def _proof(connection: Connection, frame: Hello) -> str | None:
    """See `admit`. A token suffices for a resume."""
    return "" if frame.session is not None else admit(connection, _name(frame), frame.password)


def _own_token(frame: Hello) -> str:
    """The client's own, or a new one. Raises WireError."""
    if frame.token is not None and len(frame.token) < LEAST_TOKEN:
        text = f"token: at least {LEAST_TOKEN} random characters, or leave it out and take the welcome's"
        raise WireError(Code.BAD_FRAME, text)
    return frame.token or new_id()


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
        connection.send(_welcome(connection, claimed, token, {}))
        for room in (log for log in claimed.logs if log == LOBBY or (log.startswith("#") and not claimed.resumed)):
            show_room(connection, room, claimed.owed.get(room, claimed.logs[room]), claimed.since)
        _attach_all(connection, claimed, {})


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
        connection.send(_welcome(connection, claimed, renewed, frame.cursors))
        _attach_all(connection, claimed, frame.cursors)
    for room, until in _parted(claimed, frame.cursors).items():
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


def _attach_all(connection: Connection, claimed: Claimed, cursors: Cursors) -> None:
    """Every log of the session, from the client's cursor or, where it has none, from where it is owed."""
    rooms = connection.house.rooms
    for log, top in claimed.logs.items():
        feed = rooms.hold(log)
        attach(connection, feed, _cursor(log, cursors, claimed.owed.get(log, top)), top)


def _cursor(log: str, cursors: Mapping[str, tuple[str, int]], owed: Position) -> Position:
    cursor = cursors.get(wire_log(log))
    return Position(*cursor) if cursor else owed


def _welcome_logs(claimed: Claimed, cursors: Cursors) -> Cursors:
    """Where each log stands or, where the client has no cursor, where it begins for it."""
    known = {log: top if wire_log(log) in cursors else claimed.owed.get(log, top) for log, top in claimed.logs.items()}
    known |= _parted(claimed, cursors)
    return {wire_log(log): (place.epoch, place.offset) for log, place in known.items()}


def _parted(claimed: Claimed, cursors: Cursors) -> Mapping[str, Position]:
    """Rooms that were left without the client having heard of it, each with the place of the left entry."""
    return {room: place for room, place in claimed.parted.items() if room in cursors and room not in claimed.logs}


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
