"""nick: another nickname for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Fenced
from cluster.types import Name, Renamed
from node.verbs.refusals import fenced, refusal
from wire import Code, WireError, nickname, suggestions
from wire.frames import Error, Joined, Rename

if TYPE_CHECKING:
    from node.connection import Connection


def nick(connection: Connection, frame: Rename) -> None:
    session, cluster = connection.session, connection.house.cluster
    assert session is not None
    try:
        wanted = nickname(frame.nick)
        name = Name(wanted.shown, wanted.mapped)
        done = cluster.rename(session.id, session.claim, name, proposals(name))
    except WireError as error:
        connection.tell(WireError(error.code, error.text, id=frame.id).to_frame())
    except Fenced as error:
        connection.dismiss(fenced(error))
    except ClusterError as error:
        connection.tell(_refusal(error, frame.id))
    else:
        session.renamed(name, done.taken)
        session.owner = done.owner
        if done.changed:
            connection.house.log.info("renamed", former=done.former, **connection.names())
        _answer(connection, done, frame.id)


def _refusal(error: ClusterError, request: int | None) -> Error:
    answer = refusal(error, id=request)
    # Who is here already, and only wants another nickname, may stay.
    return Error(code=Code.BAD_NICK, text=answer.text, id=request) if answer.code == Code.BANNED else answer


def proposals(name: Name) -> list[Name]:
    """Names like this one, for the case that somebody has it."""
    return [Name(free.shown, free.mapped) for free in map(nickname, suggestions(name.shown))]


def _answer(connection: Connection, done: Renamed, request: int | None) -> None:
    """A person reads of it in his rooms; a program waits for its id."""
    session = connection.session
    assert session is not None
    if not connection.native and done.room:
        return
    connection.tell(
        Joined(
            log=done.room,
            epoch=done.position.epoch if done.room else "",
            offset=done.position.offset,
            session=session.id,
            nick=session.name.shown,
            time=done.time,
            id=request,
            former=done.former,
        )
    )
