"""A node's orderly exit: on whose word, how fast, and until when."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cluster import drains
from node.connection import Connection
from node.house import House
from node.moving import SPREAD, is_well, others, send_away, well
from node.settings import NodeSettings
from wire import Code

LOOK_AGAIN = 0.25
GENTLE = 10
"""Clients a second that are no herd anywhere: who has less time to move goes faster, nobody slower unasked."""
LONGEST = 20.0
"""Seconds that clients get to move at most, unless the order names more."""
FRESH_WITHIN = 1.0
"""Seconds for a heartbeat out of turn, that tells which nodes there are now."""
_UNJUDGED = 8


@dataclass(frozen=True, slots=True)
class Order:
    """An operator's word. `name`: to be named in the answer; `over`: seconds over which clients move, None: as
    many as they need; `force`: also if no other node is ready."""

    name: str
    over: float | None
    force: bool


class Orders:
    """Orders on their way from the subscription to the main thread. `ring` wakes that one and never blocks."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._unjudged: deque[Order] = deque(maxlen=_UNJUDGED)
        self.accepted: Order | None = None  # the main thread's

    def put(self, order: Order) -> None:
        """Never blocks; any thread."""
        self._unjudged.append(order)
        self._ring()

    def judge(self, house: House) -> bool:
        """Whether the node is to leave; the answer goes out with the next heartbeat. Main thread; blocks up to
        `ASK_TIMEOUT` s for each other node, twice, and `FRESH_WITHIN` s."""
        while self._unjudged and self.accepted is None:
            order = self._unjudged.popleft()
            if order.force or _somewhere(house):
                self.accepted = order
            else:
                house.log.warning("drain_refused", reason="no other node is ready")
            house.standing.answer = (
                f"{order.name} {drains.accepted(len(house.roster)) if self.accepted else drains.REFUSED}"
            )
            house.cluster.beat_soon()
        return self.accepted is not None


def _somewhere(house: House) -> bool:
    """Whether another node is well. Who came, or came back, after our last heartbeat is found by the next one."""
    if any(map(is_well, others(house))):
        return True
    stale = house.cluster.nodes()
    house.cluster.beat_soon()
    until = time.monotonic() + FRESH_WITHIN
    while house.cluster.nodes() == stale and time.monotonic() < until:
        house.standing.leaving.wait(FRESH_WITHIN / 20)
    return any(map(is_well, others(house)))


def pace(order: Order | None, clients: int, settings: NodeSettings) -> float:
    """Seconds over which that many clients move. Without an order the last one still has a fifth of the
    time to arrive."""
    if order is None:
        return min(settings.drain * 0.8, clients / GENTLE)
    return min(LONGEST, clients / GENTLE) if order.over is None else order.over


def drain(house: House, seconds: float, until: Callable[[], float]) -> bool:
    """Asks all clients to move, paced over `seconds`, and waits until the native ones have, at most until
    `until()` (monotonic; asked again and again). Returns whether there was a place for them to the last.

    Without one there is nothing to wait for: no other node, or all of them leave as well, as they do
    when the whole cluster is stopped. Their heartbeats would tell too late; so each is asked, again and again."""
    told: set[Connection] = set()
    if not house.roster.all():
        return True
    places = well(others(house), until())
    if not places:
        return False
    while True:
        # A hello that was being answered when we began becomes a session later.
        fresh = [one for one in house.roster.all() if one.session is not None and one not in told]
        if fresh:
            send_away(house, fresh, places, Code.DRAINING, SPREAD if told else seconds)
            told.update(fresh)
        if house.roster.wait_until_none(min(until(), time.monotonic() + LOOK_AGAIN), _is_native):
            return True
        if time.monotonic() >= until():
            return True
        if not any(is_well(info) for info in others(house) if time.monotonic() < until()):
            return False


def _is_native(connection: Connection) -> bool:
    return connection.native and connection.session is not None and not connection.outbox.finishing
