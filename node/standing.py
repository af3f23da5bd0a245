"""How the node stands, in the words that its log, `/readyz` and its heartbeat use."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cluster.seam import Health
from node.logs import Log
from wire import Code

FULL, DRAINING = "full", "draining"

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
        # Set before any thread runs: whether newcomers are refused here for want of memory, and have another place.
        self.is_full: Callable[[], bool] = lambda: False
        self.room_elsewhere: Callable[[], bool] = lambda: False

    @property
    def state(self) -> str:
        """starting, serving, full, degraded, deaf or draining."""
        if self.leaving.is_set():
            return DRAINING
        return FULL if self._health is Health.SERVING and self.is_full() else str(self._health)

    @property
    def ready(self) -> bool:
        """R9: whether new clients should come here. A full node has few of them, so a balancer would send it all that
        come; but where all are full it is better to come, since who has a session is still let in."""
        state = self.state
        return state == Health.SERVING or (state == FULL and not self.room_elsewhere())

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
