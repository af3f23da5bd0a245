"""What the wire refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.types import Reason
from node.verbs.pacing import breathe, count_refused
from node.verbs.say import refuse
from wire import Code, WireError

if TYPE_CHECKING:
    from node.connection import Connection

_REASONS = {
    Code.TEXT_TOO_LONG: Reason.TEXT_TOO_LONG,
    Code.BAD_TEXT: Reason.BAD_TEXT,
    Code.BAD_ROOM: Reason.BAD_ROOM,
    Code.BAD_NICK: Reason.BAD_NICK,
}


def failed(connection: Connection, error: WireError) -> None:
    """Answers. A `say` that was not understood has used up its n, and that must be so at every node."""
    if error.code == Code.NO_TLS:
        reason = "the client speaks TLS, this port does not"
        connection.house.limited.say("tls_failed", peer=connection.peer, reason=reason)
    count_refused(connection, error)
    if error.fatal:
        connection.dismiss(error.to_frame())
    elif error.n is not None and connection.session is not None and connection.native:
        refuse(connection, error.n, error, _REASONS.get(error.code, Reason.BAD_FRAME))
    else:
        breathe(connection)
        connection.send(error.to_frame())
