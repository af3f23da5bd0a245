"""The round trip of a probe through Redis's pub/sub: whether what others say would reach us (R6, R9).

Who meets here: the beat thread sends, the subscriber's thread hears. The lock guards `_outstanding`.
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
        self._last = now()

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
            self._last = self._now()

    def silence(self) -> float:
        """Seconds for which the oldest probe has been waited for; 0 when all came back."""
        with self._lock:
            if not self._outstanding:
                return 0.0
            return self._now() - max(min(self._outstanding.values()), self._last)

    def restart(self) -> None:
        """Redis was away: what was sent meanwhile proves nothing."""
        with self._lock:
            self._outstanding.clear()
            self._last = self._now()
