"""What comes before a client's greeting: whether it may be here, and where it really comes from."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from node import proxy
from node.bans import last_words
from node.gate import LIMIT, QUIET
from node.roster import ALL, ONE_ADDRESS
from wire import Code
from wire.frames import Error

if TYPE_CHECKING:
    from node.connection import Connection

FULL = Error(code=Code.BUSY, text="this node is full; connect to another one")
TOO_MANY = Error(code=Code.ADDRESS_LIMIT, text="too many connections from your address; close some, or come later")
WORDS = {ALL: FULL, ONE_ADDRESS: TOO_MANY}
"""To who would exceed a limit of the roster."""
NOT_FROM_YOU = "a PROXY header is not taken from your address"
UNNAMED = "this port is for balancers, and yours is none that is named here"
_FIRST = len(proxy.V2)


def find_out(connection: Connection) -> bool:
    """Reads the balancer's header: `peer` is the client's own address from then on, and what holds for addresses is
    looked at with that. False: the connection is ending. Its client's thread. Raises OSError."""
    house = connection.house
    try:
        found = proxy.read(connection.sock, proxy.WITHIN)
    except proxy.BadProxy as error:
        refuse(connection, str(error))
        return False
    # First the address, then the look: who brings bans meanwhile looks at those who are here.
    connection.peer = str(found) if found else connection.peer
    connection.proxied = False
    if _comes_too_fast(connection):
        return False
    ban = house.bans.of(connection.peer)
    if ban is not None:
        connection.turn_away(last_words(ban))
        return False
    if not house.roster.place(connection, house.roster.source(connection.peer)):
        house.limited.hit(ONE_ADDRESS, connection.peer)
        connection.turn_away(TOO_MANY)
        return False
    return True


def _comes_too_fast(connection: Connection) -> bool:
    """As the listener has it, now that its address is known. Its thread is spent already."""
    refusal = connection.house.gate.refuses(connection.peer)
    if refusal is None:
        return False
    connection.house.limited.hit(LIMIT, connection.peer)
    if refusal is QUIET:
        connection.abort()
    else:
        connection.turn_away(refusal)
    return True


def is_forged(sock: socket.socket) -> bool:
    """Waits for the client's first bytes, and leaves them there. Whether they begin a header, which nobody has to send
    here. Raises OSError."""
    return proxy.begins(sock.recv(_FIRST, socket.MSG_PEEK))


def refuse(connection: Connection, why: str) -> None:
    """Its header is wrong, or not wanted."""
    connection.house.limited.hit("proxy_from", connection.peer)
    connection.turn_away(Error(code=Code.BAD_PROXY, text=why))
