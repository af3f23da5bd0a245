"""Notices when what was lost is there again. A node says so itself; Redis and the balancer have to be asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

ASK_EVERY = 0.25


class Comeback:
    """Main thread only. `probes`: name -> whether it answers now; one may block for a moment. `say` gets a line."""

    def __init__(self, probes: Mapping[str, Callable[[], bool]], say: Callable[[str], None]) -> None:
        self._probes = probes
        self._say = say
        self._missing: list[str] = []
        self._next = 0.0

    def lost(self, name: str) -> None:
        """It died. Names without a probe are passed over."""
        if name in self._probes and name not in self._missing:
            self._missing.append(name)

    def look(self) -> bool:
        """Asks those that are missing, from time to time; says who is back. False, always: nothing ends by it."""
        if self._missing and time.monotonic() >= self._next:
            for name in [name for name in self._missing if self._probes[name]()]:
                self._missing.remove(name)
                self._say(f"{name} is up again")
            self._next = time.monotonic() + ASK_EVERY
        return False
