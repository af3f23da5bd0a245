"""whois: who holds a nickname. Never from where: an address is for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError
from node.verbs.refusals import refusal
from wire import WireError, nickname
from wire.frames import Whois, WhoisAnswer

if TYPE_CHECKING:
    from node.connection import Connection


def whois(connection: Connection, frame: Whois) -> None:
    asks = connection.session.id if connection.session else ""
    try:
        found = connection.house.cluster.whois(nickname(frame.nick).mapped, asks)
    except WireError as error:
        connection.tell(WireError(error.code, error.text, id=frame.id).to_frame())
    except ClusterError as error:
        connection.tell(refusal(error, id=frame.id))
    else:
        connection.tell(
            WhoisAnswer(
                nick=found.nick,
                session=found.session,
                node=found.node,
                since=found.since,
                state=found.state,
                gone=found.gone,
                text=found.text,
                rooms=list(found.rooms),
                client=found.client,
                id=frame.id,
            )
        )
