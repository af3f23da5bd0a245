"""How fast connections come from each address: looked at first of all, before one costs a thread, a word or a line.

As with the other limits by address each node counts for itself, and lets what it counted flow together in Redis once a
heartbeat: moving brings a new bucket for as long at most, and the door asks nobody. IPv6 counts by /64.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence

from cluster.errors import ClusterError
from cluster.seam import ClusterSeam
from node.addresses import MOST
from node.admission import come_back
from node.buckets import Bucket
from node.settings import NodeSettings
from node.shared import SharedBucket, in_portions
from node.sources import Sources, source_of
from wire import Code
from wire.frames import Error

LIMIT = "address_connect_rate"
WORDS_RATE, WORDS_BURST = 10.0, 100
"""Refusals of one address that are told why, and when to come again: a herd of honest clients is. Those beyond are
reset, which costs us a tenth of it, and a flood does not read anyhow."""
PRESSING = 0.05
"""Of its burst that an address has taken when it presses. With a quarter the p99 of the others was 26 to 100 ms in a
storm of connections, with this 10 (benchmarks/hostile.py)."""
QUIET = Error(code=Code.RATE_LIMITED, text="")
"""Stands for a refusal without words."""
_TOO_FAST = "too many connections come from your address; connect again in a moment"
_PREFIX = "connects:"


class _Source:
    __slots__ = ("bucket", "words")

    def __init__(self, settings: NodeSettings) -> None:
        self.bucket = SharedBucket(settings.address_connect_rate, settings.address_connect_burst)
        self.words = Bucket(WORDS_RATE, WORDS_BURST)

    def is_whole(self, now: float) -> bool:
        return not (self.bucket.ahead(now) or self.words.ahead(now))


class Gate:
    """A task of the workers' (`step`), scheduled with each heartbeat. The rest: any thread; never blocks."""

    def __init__(self, settings: NodeSettings, cluster: ClusterSeam) -> None:
        self._settings, self._exempt = settings, Sources(settings.exempt)
        self._cluster = cluster
        self._room = settings.address_connect_burst * (1 - PRESSING)
        # Guards the dict and what is in it. Those who accept, and the threads behind balancers, meet here with the
        # worker and the ticker.
        self._lock = threading.Lock()
        self._all: dict[str, _Source] = {}

    def refuses(self, peer: str) -> Error | None:
        """A connection from `HOST:PORT` is there: the words to it if it may not come in, or `QUIET`. None: it may,
        and is counted."""
        if not self._settings.address_connect_rate or peer in self._exempt:
            return None
        key, now = source_of(peer), time.monotonic()
        with self._lock:
            source = self._all.get(key)
            if source is None:
                source = self._all[key] = _Source(self._settings)
            wait = source.bucket.wait(now)
            if wait <= 0:
                source.bucket.spend(now)
                return None
            if source.words.wait(now) > 0:
                return QUIET
            source.words.take(now)
        return Error(code=Code.RATE_LIMITED, text=_TOO_FAST, after=math.ceil(wait * 1000) + come_back())

    def presses(self, peer: str) -> bool:
        """Whether so many came from there just now that the next ones had better not come all at once."""
        if not self._settings.address_connect_rate or peer in self._exempt:
            return False
        with self._lock:
            source = self._all.get(source_of(peer))
            return source is not None and source.bucket.wait(time.monotonic(), self._room) > 0

    def step(self) -> float | None:
        """Tells the others of those who came faster than their buckets fill, and hears of them."""
        now = time.monotonic()
        with self._lock:
            busy = [(key, source) for key, source in self._all.items() if source.bucket.ahead(now)]
        in_portions(busy, self._ask)
        return None

    def sweep(self, now: float) -> None:
        """Forgets those who owe nothing; everybody, where they are too many. The ticker's; `now`: monotonic."""
        with self._lock:
            for key in [key for key, source in self._all.items() if source.is_whole(now)]:
                del self._all[key]
            if len(self._all) > MOST:
                self._all.clear()

    def __len__(self) -> int:
        return len(self._all)

    def _ask(self, busy: Sequence[tuple[str, _Source]]) -> bool:
        now = time.monotonic()
        with self._lock:
            spent = [source.bucket.spent for _, source in busy]
            worths = [(_PREFIX + key, source.bucket.to_tell(now), 0) for key, source in busy]
        try:
            found = self._cluster.addresses(worths)
        except ClusterError:
            return False
        now = time.monotonic()
        with self._lock:
            for (_, source), told, (ahead, _) in zip(busy, spent, found, strict=True):
                source.bucket.merge(now, told, ahead)
        return True
