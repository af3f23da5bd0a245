"""hello: who may begin a session, or go on with one, and when. What then happens: `taking`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from cluster.types import NOTHING_LOST, Lost, Name
from node.admission import come_back
from node.pressure import Level
from node.session import new_id, token_hash
from node.verbs.admit import admit
from node.verbs.pacing import breathe
from node.verbs.taking import begin, resume
from wire import Code, WireError, nickname
from wire.frames import Error, Hello

if TYPE_CHECKING:
    from node.connection import Connection
    from node.house import House

_TOO_OFTEN = "too many come from your address; connect again in a moment"
_BUSY = "too many come at once; connect again in a moment"
OWED = 1000
"""Entries that are to be replayed to who comes back cost as much of what its address may as another hello. Who comes
back from a lost connection is owed a few; else one that resumes over and over would have 10,000 read each time."""
LEAST_TOKEN = 22
"""Characters: 128 random bits in base64. Who guesses a token has the session."""


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
            _in_turn(connection, frame, partial(act, proof))
    finally:
        if connection.session is None:
            connection.house.roster.refused(connection)


def _in_turn(connection: Connection, frame: Hello, act: Callable[[], None]) -> None:
    with connection.house.admission.turn() as admitted:
        # Much may have changed in the line.
        if _turned_away(connection):
            return
        if admitted:
            connection.house.hands.do(partial(_unless_gone, connection, frame, act))
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


def _unless_gone(connection: Connection, frame: Hello, act: Callable[[], None]) -> None:
    """Who has hung up in the line is not taken in: it would take the session from where he has gone to."""
    if not connection.gone and not _comes_too_often(connection, frame):
        act()


def _cost(house: House, frame: Hello) -> float:
    """In hellos, never more than the bucket holds. What is owed of another life of a log is not known before a read."""
    owed = 0
    for room, (epoch, offset) in frame.cursors.items():
        place = house.rooms.place(room)
        if place is not None:
            owed += max(0, place.offset - offset) if epoch == place.epoch else OWED
    return min(1 + owed / OWED, float(house.settings.address_join_burst))


def _comes_too_often(connection: Connection, frame: Hello) -> bool:
    house = connection.house
    connection.address = connection.address or house.addresses.enter(connection.peer)
    wait = connection.address.join(time.monotonic(), _cost(house, frame)) if connection.address else 0.0
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
