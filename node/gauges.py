"""What is looked at when somebody asks for `/metrics`: how things stand now, of one node."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from cluster.seam import Health
from node.standing import DRAINING, FULL

if TYPE_CHECKING:
    from node.connection import Connection
    from node.house import House
    from node.session import Session

STATES = (*map(str, Health), FULL, DRAINING)
UNDECIDED = "undecided"
DEAD = "dead"


class Gauges(Collector):
    """`collect`: any thread; walks through connections, sessions and logs once, and holds no lock meanwhile."""

    def __init__(self, house: House, version: str) -> None:
        self._house = house
        self._version = version

    def collect(self) -> Iterator[Metric]:
        yield from self._connections(self._house.roster.all())
        yield from self._sessions(self._house.registry.all())
        yield from self._work()
        yield from self._store()
        yield from self._names()

    def _connections(self, connections: list[Connection]) -> Iterator[Metric]:
        spoken = Counter(str(one.protocol.dialect or UNDECIDED) for one in connections)
        dialects = {dialect: spoken[dialect] for dialect in ("native", "plain", UNDECIDED)}
        yield _each("connections", "Open client connections", "dialect", dialects)
        sizes = [one.outbox.size for one in connections]
        yield _one("outbox_bytes", "What waits for all clients together", sum(sizes))
        yield _one("outbox_largest_bytes", "What waits for the client for whom most does", max(sizes, default=0))
        slow = sum(one.outbox.size >= one.outbox.low_water for one in connections)
        yield _one("slow_clients", "Clients for whom a quarter of what an outbox holds waits, or more", slow)

    def _sessions(self, sessions: list[Session]) -> Iterator[Metric]:
        away = sum(session.away_since > 0 for session in sessions)
        states = {"here": len(sessions) - away, "away": away}
        yield _each("sessions", "Sessions claimed at this node, the absent included", "state", states)
        unanswered = sum(session.unanswered for session in sessions)
        yield _one("says_unanswered", "Messages of native clients that wait for their outcome", unanswered)

    def _work(self) -> Iterator[Metric]:
        rooms = self._house.rooms
        yield _one("rooms", "Rooms with a member at this node", sum(log.startswith("#") for log in rooms.logs()))
        yield _one("catch_ups_waiting", "Logs and clients that are behind and read on", len(rooms.workers))
        yield _one(
            "log_lag_entries", "Entries that the log furthest behind lacked when Redis was last asked", rooms.lag
        )

    def _store(self) -> Iterator[Metric]:
        metrics, beat = self._house.metrics, self._house.metrics.beat
        age = time.monotonic() - metrics.beat_at
        yield _one("heartbeat_age_seconds", "Since the last heartbeat that came through", age)
        used, most = (beat.memory, beat.memory_max) if beat else (None, None)
        yield _one("redis_memory_used_bytes", "What Redis holds, as it says itself", used)
        yield _one("redis_memory_max_bytes", "What Redis may hold; 0: as much as it wants", most)

    def _names(self) -> Iterator[Metric]:
        house = self._house
        end = house.certificate.until if house.certificate else None
        yield _one("certificate_end_seconds", "When the certificate for clients ends, Unix time; NaN without TLS", end)
        state = house.standing.state
        yield _each("node_state", "1 for the state that the node is in", "state", {s: s == state for s in STATES})
        seen = Counter(info.state if info.alive else DEAD for info in house.cluster.nodes())
        yield _each("nodes", "Nodes in the cluster as of this node's last heartbeat", "state",
                    {s: seen[s] for s in (*STATES, DEAD)})  # fmt: skip
        yield _named("build", "What runs here", {"version": self._version})
        yield _named("node", "Which node, and which run of it", {"node": house.settings.id, "boot": house.cluster.boot})


def _one(name: str, text: str, value: float | None) -> Metric:
    """NaN stands for what isn't known yet."""
    return GaugeMetricFamily(f"hydrachat_{name}", text, math.nan if value is None else value)


def _each(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    found = GaugeMetricFamily(f"hydrachat_{name}", text, labels=[label])
    _fill(found, values.items())
    return found


def _fill(found: GaugeMetricFamily, values: Iterable[tuple[str, float]]) -> None:
    for of, value in values:
        found.add_metric([of], value)


def _named(name: str, text: str, labels: Mapping[str, str]) -> Metric:
    return InfoMetricFamily(f"hydrachat_{name}", text, dict(labels))
