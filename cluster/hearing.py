"""The round trip of a probe through Redis's pub/sub: whether what others say would reach us (R6, R9).

Who meets here: the beat thread sends, the subscriber's thread hears. The lock guards all fields.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Hearing:
    """Probes that were sent and not heard yet. Times are `time.monotonic()` seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._outstanding: dict[str, float] = {}
        self._deaf_since: float | None = None  # of probes that a reset gave up

    def sent(self, nonce: str) -> None:
        with self._lock:
            self._outstanding[nonce] = self._now()

    def heard(self, nonce: str) -> None:
        """That probe came back: what was sent before it is settled as well."""
        with self._lock:
            since = self._outstanding.get(nonce)
            if since is None:
                return
            self._outstanding = {n: at for n, at in self._outstanding.items() if at > since}
            self._deaf_since = None

    def silence(self) -> float:
        """Seconds since the first probe that should have been heard; 0 when all came back."""
        with self._lock:
            since = self._first()
            return 0.0 if since is None else self._now() - since

    def waited(self) -> float:
        """Seconds for which the oldest probe on the present subscription has been waited for."""
        with self._lock:
            return self._now() - min(self._outstanding.values()) if self._outstanding else 0.0

    def reset(self) -> None:
        """The subscription is made anew: its probes won't come back, but we have been deaf since then."""
        with self._lock:
            self._deaf_since = self._first()
            self._outstanding.clear()

    def restart(self) -> None:
        """Redis was away: what was sent meanwhile proves nothing."""
        with self._lock:
            self._outstanding.clear()
            self._deaf_since = None

    def _first(self) -> float | None:
        """Needs the lock."""
        times = [*self._outstanding.values()]
        if self._deaf_since is not None:
            times.append(self._deaf_since)
        return min(times, default=None)
