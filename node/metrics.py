"""What `/metrics` counts. Names are a contract with whoever graphs them; docs/operations.md lists all.

Two kinds: what happens is counted here, as it happens; what simply is (how many clients, how much waits) is looked at
when somebody asks (`node.gauges`), so that it costs nobody anything while nobody does.
"""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

from cluster.seam import Beaten
from node.delay import Sampler
from node.limits import COUNTED

ROUND_TRIP = (0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
DELAY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histograms, seconds."""


class Metrics:
    """One node's, in a registry of its own. Any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._count_people()
        self._count_messages()
        self._count_redis()

    def _count_people(self) -> None:
        self.opened = self._counter("connections_opened", "Connections ever accepted")
        hellos = self._counter("hellos", "Hellos that had their turn", "outcome")
        self.begun, self.resumed, self.unwelcome = map(hellos.labels, ("begun", "resumed", "refused"))
        self.waiting = self._gauge("hellos_waiting", "Hellos that wait for their turn")
        self.turned_away = self._counter("hellos_turned_away", "Hellos that got no turn and were told to come back")
        self.sent_away = self._counter("clients_sent_away", "Native clients told to go to another node", "reason")
        for reason in ("deaf", "degraded", "draining"):
            self.sent_away.labels(reason)  # there from the beginning, so that `rate` sees the first one
        handshakes = self._counter("tls_handshakes", "TLS handshakes of clients", "outcome")
        self.secured, self.unsecured = map(handshakes.labels, ("done", "failed"))
        self.passwords = self._counter("passwords", "Passwords that were shown", "outcome")
        for outcome in ("right", "wrong", "busy", "slowed"):
            self.passwords.labels(outcome)
        self.tokens_spent = self._counter("tokens_spent", "Resumes with a token that was replaced before", "kind")
        for kind in ("late", "unexplained"):
            self.tokens_spent.labels(kind)
        self.overflows = self._counter("overflows", "Connections closed because their outbox overflowed")
        self.limited = self._counter("limited", "What a limit has refused, or ended", "limit")
        for limit in COUNTED:
            self.limited.labels(limit)

    def _count_messages(self) -> None:
        self.accepted = self._counter("said_accepted", "Messages that reached a log")
        self.refused = self._counter("said_refused", "Messages that were refused")
        self.put_off = self._counter("said_put_off", "Messages that were not taken now, to be said again")
        self.entries = self._counter("entries", "Live log entries heard from Redis")
        self.deliveries = self._counter("deliveries", "Entries offered to outboxes")
        self.catch_ups = self._counter("catch_ups", "Pages read to catch up")
        self.gaps = self._counter("gaps_told", "Times that a client was told that messages may be missing")
        delay = self._histogram("delivery_delay_seconds", "From a message taken here to it being offered here", DELAY)
        self.delay = Sampler(delay.observe)

    def _count_redis(self) -> None:
        self._round_trip = self._histogram("redis_round_trip_seconds", "The heartbeat's call to Redis", ROUND_TRIP)
        self.leases_lost = self._counter("leases_lost", "Times that a heartbeat came too late")
        self.recoveries = self._counter("recoveries", "Times that Redis's data began a new life")
        self.beat_at = time.monotonic()  # of the last heartbeat that came through; the process's start before it
        self.beat: Beaten | None = None

    def beaten(self, beat: Beaten) -> None:
        """A heartbeat came through. Beat thread."""
        self.beat, self.beat_at = beat, time.monotonic()
        self._round_trip.observe(beat.round_trip)

    def look_at(self, gauges: Collector) -> None:
        """From now on `gauges` are shown as well. Once."""
        self._registry.register(gauges)

    def render(self) -> bytes:
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"hydrachat_{name}", text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"hydrachat_{name}", text, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"hydrachat_{name}", text, buckets=buckets, registry=self._registry)
