"""How the node stands, in the words that its log, `/readyz` and its heartbeat use."""

from __future__ import annotations

import threading

from cluster.seam import Health
from node.logs import Log
from wire import Code

DRAINING = "draining"

_REFUSALS = {
    Health.STARTING: (Code.DEGRADED, "the node is starting, try again in a moment"),
    Health.DEGRADED: (Code.DEGRADED, "the chat can't reach its store, try again in a moment"),
    Health.DEAF: (Code.DEAF, "this node does not hear the others, connect to another one"),
}


_REASONS = {
    Health.DEGRADED: "Redis can't be reached or refuses; tried again until it is back",
    Health.DEAF: "what is published in Redis does not reach this node",
}


class Standing:
    """Any thread. `leaving` is set when the node begins to stop, and wakes whoever waits for better times."""

    def __init__(self, log: Log) -> None:
        self._log = log
        # Guards the two below.
        self._lock = threading.Lock()
        self._health = Health.STARTING
        self._was_ready = False
        self.leaving = threading.Event()
        self.answer = ""  # to the last order to drain; the main thread's

    @property
    def state(self) -> str:
        """starting, serving, degraded, deaf or draining."""
        return DRAINING if self.leaving.is_set() else str(self._health)

    @property
    def ready(self) -> bool:
        """R9: whether new clients should come here."""
        return self.state == Health.SERVING

    def turn(self, health: Health) -> None:
        """The cluster package says so."""
        with self._lock:
            if health is self._health:
                return
            self._health = health
            event = str(health)
            if health is Health.SERVING and not self._was_ready:
                self._was_ready, event = True, "ready"
        if not self.leaving.is_set():
            if health is Health.SERVING:
                self._log.info(event)
            else:
                self._log.warning(event, reason=_REASONS.get(health, ""))

    def leave(self) -> bool:
        """Begins to drain. False: that was begun before."""
        with self._lock:
            first = not self.leaving.is_set()
            self.leaving.set()
        if first:
            self._log.info(DRAINING)
        return first

    def refusal(self) -> tuple[Code, str] | None:
        """Why no session can begin here now, for a client."""
        if self.leaving.is_set():
            return Code.DRAINING, "this node is leaving, connect to another one"
        return _REFUSALS.get(self._health)
