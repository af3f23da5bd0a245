"""Sends clients elsewhere: from a deaf node (R9), from one that alone can't reach Redis, from one that leaves."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Sequence

from cluster.seam import Health
from cluster.types import NodeInfo
from node.connection import Connection
from node.house import House
from node.standing import Standing
from wire import Address, Code
from wire.frames import Reconnect

ASK_TIMEOUT = 1.0
ASK_AGAIN = 3.0
SPREAD = 1000
"""Milliseconds over which clients are told to come, so that they are no herd."""
_TEXTS = {
    Code.DEAF: "this node does not hear the others",
    Code.DEGRADED: "this node can't reach its store",
    Code.DRAINING: "this node is leaving",
}
_TROUBLES = {Health.DEAF: Code.DEAF, Health.DEGRADED: Code.DEGRADED}


class Scout:
    """While we are deaf or degraded, looks for a node that is well and sends the clients there.

    Degraded only after a lease: by then the others know as well if it is Redis that is away (then
    everybody stays), and if it is not, our sessions' grace has begun."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._look = threading.Event()
        self._stopping = False

    def look(self) -> None:
        """We have gone deaf, or degraded. Never blocks; any thread."""
        self._look.set()

    def stop(self) -> None:
        """Ends the loop; `leaving` must be set. Idempotent."""
        self._stopping = True
        self._look.set()

    def run(self, house: House) -> None:
        """The thread's loop."""
        while not self._stopping:
            self._look.wait()
            self._look.clear()
            if house.cluster.health is Health.DEGRADED:
                self._standing.leaving.wait(house.settings.lease)
            told: set[Connection] = set()
            while (code := _TROUBLES.get(house.cluster.health)) and not self._standing.leaving.is_set():
                self._send(house, code, told)
                self._standing.leaving.wait(ASK_AGAIN)

    def _send(self, house: House, code: Code, told: set[Connection]) -> None:
        places = well(candidates(house))
        # Who reads lines is told once; he moves by hand or stays.
        connections = [one for one in house.roster.all() if one.native or one not in told]
        if places and connections:
            send_away(house, connections, places, code)
            told.update(connections)


def candidates(house: House) -> list[NodeInfo]:
    """The other nodes that live, as of the last heartbeat."""
    return [info for info in house.cluster.nodes() if info.alive and info.node != house.settings.id]


def well(nodes: Sequence[NodeInfo]) -> list[str]:
    """Addresses of those who say that they are ready. Blocks up to `ASK_TIMEOUT` s each."""
    return [info.address for info in nodes if info.address and info.http and is_ready(info.http)]


def is_ready(where: str) -> bool:
    """Whether `/readyz` at HOST:PORT says 200."""
    try:
        address = Address.parse(where)
        link = http.client.HTTPConnection(address.host, address.port, timeout=ASK_TIMEOUT)
        try:
            link.request("GET", "/readyz")
            return link.getresponse().status == http.client.OK
        finally:
            link.close()
    except (OSError, ValueError, http.client.HTTPException):
        return False


def send_away(house: House, connections: Sequence[Connection], places: Sequence[str], code: Code) -> None:
    """Tells each client where to go, spread over `places`, each a little later than the one before."""
    turn = random.randrange(len(places))
    for number, connection in enumerate(connections):
        if connection.session is not None:
            where = places[(turn + number) % len(places)] if connection.native else None
            connection.tell(Reconnect(code=code, text=_TEXTS[code], where=where, after=random.randrange(SPREAD)))
    house.log.info("moving", clients=len(connections), reason=code.name.lower())


def drain(house: House, deadline: float) -> None:
    """Asks all clients to move, and waits until the native ones have, at most until `deadline`
    (monotonic). With no other node there is nothing to wait for."""
    places = [info.address for info in candidates(house) if info.address and info.state == Health.SERVING]
    connections = house.roster.all()
    if not places or not connections:
        return
    send_away(house, connections, places, Code.DRAINING)
    house.roster.wait_until_none(min(deadline, time.monotonic() + house.settings.drain), _is_native)


def _is_native(connection: Connection) -> bool:
    return connection.native and connection.session is not None and not connection.outbox.finishing
