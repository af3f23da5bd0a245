"""away, back: the user's own choice, which has nothing to do with his connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Fenced
from node.verbs.refusals import fenced, refusal
from wire import WireError, check_away
from wire.frames import Away, Back, ComeBack, GoAway

if TYPE_CHECKING:
    from node.connection import Connection


def away(connection: Connection, frame: GoAway) -> None:
    session, text = connection.session, frame.text.strip()
    assert session is not None
    try:
        check_away(text)
    except WireError as error:
        connection.tell(WireError(error.code, error.text, id=frame.id).to_frame())
        return
    if _choose(connection, text, frame.id):
        answer = Away(log="", session=session.id, nick=session.name.shown, gone=True, text=text, id=frame.id)
        connection.tell(answer)


def back(connection: Connection, frame: ComeBack) -> None:
    session = connection.session
    assert session is not None
    if _choose(connection, None, frame.id):
        connection.tell(Back(log="", session=session.id, nick=session.name.shown, id=frame.id))


def _choose(connection: Connection, text: str | None, request: int | None) -> bool:
    """Whether it was done."""
    session = connection.session
    assert session is not None
    try:
        connection.house.cluster.gone(session.id, session.claim, text)
    except Fenced as error:
        connection.dismiss(fenced(error))
        return False
    except ClusterError as error:
        connection.tell(refusal(error, id=request))
        return False
    session.gone = text
    return True
