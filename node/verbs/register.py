"""register, unregister: a nickname becomes its user's own, and nobody's again; confirm: a token has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Fenced, Refused
from cluster.types import Reason
from node.access import tries_of
from node.admission import come_back
from node.session import token_hash
from node.vault import Busy, Gone
from node.verbs.admit import BUSY, NOT_ADMITTED, checked
from node.verbs.pacing import ACKS, in_passing
from node.verbs.refusals import fenced, refusal
from wire import Code, WireError
from wire.frames import Confirm, Error, Register, Registered, Unregister, Unregistered
from wire.passwords import CHANGE, password

if TYPE_CHECKING:
    from node.connection import Connection


NEEDS_FORMER = (
    f"that nickname is registered already; show its present password with the next one: /register PRESENT{CHANGE}NEXT"
)


def confirm(connection: Connection, frame: Confirm) -> None:
    session = connection.session
    assert session is not None
    if not in_passing(connection, ACKS):
        return
    hashed = token_hash(frame.token)
    if hashed == session.token_hash and session.open_tokens:  # a digest of 128 random bits: its time tells nothing
        session.open_tokens = ""
        connection.house.cluster.confirm(session.id, session.claim, hashed)


def register(connection: Connection, frame: Register) -> None:
    session, house = connection.session, connection.house
    assert session is not None
    try:
        spelt = password(frame.password, session.name.shown)
        proof = "" if frame.former is None else checked(connection, session.name, frame.former)
        if proof is None:
            _not_shown(connection, frame, NOT_ADMITTED.text)
            return
        hashed = house.vault.hash(spelt, lambda: connection.gone, tries_of(connection.peer))
        try:
            nick, account = house.cluster.register(session.id, session.claim, session.name, hashed, proof)
        except Refused as error:
            if error.reason != Reason.NOT_ADMITTED:
                raise
            _not_shown(connection, frame, NEEDS_FORMER)
            return
    except (WireError, ClusterError, Busy, Gone) as error:
        _failed(connection, error, frame.id)
    else:
        session.owner = session.owner if session.owner.partition(" ")[0] == account else account
        house.log.info("registered", **connection.names())
        connection.tell(Registered(nick=nick, id=frame.id))


def _not_shown(connection: Connection, frame: Register, why: str) -> None:
    """The present password was not shown; but where the wanted one is it, this was asked before and carried out, and
    only the answer was lost."""
    session = connection.session
    assert session is not None
    is_done = frame.password != frame.former and checked(connection, session.name, frame.password)
    if is_done:
        connection.tell(Registered(nick=session.name.shown, id=frame.id))
    else:
        connection.tell(Error(code=Code.NOT_ADMITTED, text=why, id=frame.id))


def unregister(connection: Connection, frame: Unregister) -> None:
    session, house = connection.session, connection.house
    assert session is not None
    try:
        proof = checked(connection, session.name, frame.password)
        if not proof:
            connection.tell(Error(code=Code.NOT_ADMITTED, text=NOT_ADMITTED.text, id=frame.id))
            return
        nick = house.cluster.unregister(session.id, session.claim, session.name.mapped, proof)
    except (ClusterError, Busy, Gone) as error:
        _failed(connection, error, frame.id)
    else:
        session.owner = ""
        house.log.info("unregistered", **connection.names())
        connection.tell(Unregistered(nick=nick, id=frame.id))


def _failed(connection: Connection, error: Exception, request: int | None) -> None:
    if isinstance(error, WireError):
        connection.tell(Error(code=error.code, text=error.text, id=request))
    elif isinstance(error, Fenced):
        connection.dismiss(fenced(error))
    elif isinstance(error, Busy):
        connection.tell(Error(code=Code.RATE_LIMITED, text=BUSY, id=request, after=come_back()))
    elif isinstance(error, ClusterError):
        answer = refusal(error, id=request)
        after = int(error.detail or 0) if isinstance(error, Refused) and error.reason == Reason.RATE_LIMITED else 0
        connection.tell(Error(code=answer.code, text=answer.text, id=request, after=after))
