"""Sends clients elsewhere: from a deaf node (R9), from one that alone can't reach Redis, from one that leaves."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Sequence

from cluster.readiness import is_ready
from cluster.seam import Health
from cluster.types import NodeInfo
from node import spread
from node.connection import Connection
from node.house import House
from node.standing import Standing
from wire import Code
from wire.frames import Reconnect

ASK_AGAIN = 3.0
SPREAD = 1.0
"""Seconds over which clients of a node in trouble are told to come, so that they are no herd."""
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
        places = well(others(house))
        # Who reads lines is told once; he moves by hand or stays.
        connections = [one for one in house.roster.all() if one.native or one not in told]
        if places and connections:
            send_away(house, connections, places, code, SPREAD)
            told.update(connections)


def others(house: House) -> list[NodeInfo]:
    """The nodes that live and stay, but for ours, as of the last heartbeat."""
    return spread.candidates(house.cluster.nodes(), house.settings.id)


def well(nodes: Sequence[NodeInfo], until: float = math.inf) -> list[NodeInfo]:
    """Those who say that they are ready, in no order. Blocks up to `ASK_TIMEOUT` s each; who was not asked
    by `until` (monotonic) is none of them."""
    found = [info for info in nodes if time.monotonic() < until and is_well(info)]
    random.shuffle(found)  # of two equals, not everybody's first is to be the same
    return found


def is_well(info: NodeInfo) -> bool:
    """Whether clients can be sent to that node now. Blocks up to `ASK_TIMEOUT` s."""
    return is_ready(info.http)


def send_away(
    house: House, connections: Sequence[Connection], places: Sequence[NodeInfo], code: Code, seconds: float
) -> None:
    """Tells each client where to go and when, by load and paced over `seconds`. Who reads lines is told at
    once; he moves by hand."""
    native = [one for one in connections if one.native and one.session is not None]
    lines = [one for one in connections if not one.native and one.session is not None]
    targets = [spread.Target(info.address or None, info.clients) for info in places]
    house.metrics.sent_away.labels(code.name.lower()).inc(len(native))
    for connection, where, after in spread.plan(native, targets, seconds):
        connection.tell(Reconnect(code=code, text=_TEXTS[code], where=where, after=after))
    for connection in lines:
        connection.tell(Reconnect(code=code, text=_TEXTS[code]))
    house.log.info("moving", clients=len(connections), reason=code.name.lower())
