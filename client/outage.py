"""How long there has been no connection, and when to say so."""

from __future__ import annotations

from client.events import Event, Searching


class Outage:
    """Told once an outage, after `patience` seconds. Pure."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: float | None = None

    def begin(self, now: float) -> None:
        self._since = now

    def end(self) -> None:
        self._since = None

    def deadline(self) -> float | None:
        return None if self._since is None else self._since + self._patience

    def check(self, reason: str, now: float) -> list[Event]:
        """The event, when it is time for it."""
        if self._since is None or now < self._since + self._patience:
            return []
        since, self._since = self._since, None
        return [Searching(now - since, reason)]
