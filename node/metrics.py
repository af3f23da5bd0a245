"""What `/metrics` counts. Names are a contract with whoever graphs them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """One node's, in a registry of its own. Any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.connections = self._gauge("connections", "Open client connections")
        self.sessions = self._gauge("sessions", "Sessions claimed at this node, the absent included")
        self.accepted = self._counter("said_accepted", "Messages that reached a log")
        self.refused = self._counter("said_refused", "Messages that were refused")
        self.entries = self._counter("entries", "Live log entries heard from Redis")
        self.deliveries = self._counter("deliveries", "Entries offered to outboxes")
        self.catch_ups = self._counter("catch_ups", "Pages read to catch up")
        self.overflows = self._counter("overflows", "Connections closed because their outbox overflowed")
        self.opened = self._counter("connections_opened", "Connections ever accepted")
        self.waiting = self._gauge("hellos_waiting", "Hellos that wait for their turn")
        self.turned_away = self._counter("hellos_turned_away", "Hellos that got no turn and were told to come back")

    def render(self) -> bytes:
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"hydrachat_{name}", text, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"hydrachat_{name}", text, registry=self._registry)
