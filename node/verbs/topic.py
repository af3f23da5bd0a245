"""topic: what a room is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Fenced
from cluster.types import Membership
from node.verbs.pacing import count_refused
from node.verbs.refusals import fenced, refusal
from wire import WireError, check_topic, room
from wire.frames import SetTopic, Topic

if TYPE_CHECKING:
    from node.connection import Connection


def topic(connection: Connection, frame: SetTopic) -> None:
    session, cluster = connection.session, connection.house.cluster
    assert session is not None
    try:
        name = room(frame.room)
        if frame.text is None:
            _tell(connection, name, frame.id)
            return
        text = frame.text.strip()
        check_topic(text, connection.house.settings.max_text)
        done = cluster.set_topic(session.id, session.claim, name, text)
        _answer(connection, done, text, frame.id)
    except WireError as error:
        count_refused(connection, error)
        connection.tell(WireError(error.code, error.text, id=frame.id).to_frame())
    except Fenced as error:
        connection.dismiss(fenced(error))
    except ClusterError as error:
        connection.tell(refusal(error, id=frame.id))


def _tell(connection: Connection, name: str, request: int | None) -> None:
    session = connection.session
    found = connection.house.cluster.topic(name, session.id if session else "")
    connection.tell(Topic(log=name, epoch="", offset=0, nick=found.nick, time=found.time, text=found.text, id=request))


def _answer(connection: Connection, done: Membership, text: str, request: int | None) -> None:
    """A person reads of it where it stands in the room; a program waits for its id."""
    session = connection.session
    assert session is not None
    if not done.changed:
        _tell(connection, done.room, request)
    elif connection.native:
        where = done.position
        connection.tell(
            Topic(
                log=done.room,
                epoch=where.epoch,
                offset=where.offset,
                nick=session.name.shown,
                time=done.time,
                text=text,
                session=session.id,
                id=request,
            )
        )
