"""What each address has taken lately, here and at the other nodes.

Each node counts for itself and lets what it counted flow together in Redis once a heartbeat: so moving brings a new
bucket for as long at most, and the hot path asks nobody. IPv6 counts by /64, which is what one customer gets.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from cluster.addresses import host_of
from cluster.errors import ClusterError
from cluster.seam import ClusterSeam
from node.buckets import Bucket
from node.settings import NodeSettings
from node.shared import SharedBucket, in_portions
from node.sources import Sources, source_of

QUESTIONS, AT_ONCE = 50.0, 20
"""What is asked from one address in a second, and at once, as `verbs.pacing` counts it. It is each node's own affair,
and nothing is refused for it: what comes faster waits."""
EVENLY, FREELY, GRAIN = 500.0, 20, 0.01
"""Messages a second, of all that come from one address, that are carried out where more than a few come at once, and
how many those few are; seconds below which nobody is made to wait. Nothing is refused for it either: what an address
may say at once is spread over the next moment, or everybody would feel it when its two hundred connections all speak
(benchmarks/hostile.py: `flood`, `chorus`)."""
TOGETHER = 0.05
"""Seconds of that for which those who wait go on together. One by one each message would be a call to Redis and a call
of the kernel for each who hears it; what goes together shares them (`Pace`)."""
HEARERS, MOST_HEARD = 25, 4.0
"""A message to a room costs in that one for each so many who are in it here, and so many at most: what it costs the
others is that all of these are to be sent it."""
OF_A_JOIN = 4.0
"""What is more than a question costs so many messages, in that."""
TRIFLES, FEW = 2000.0, 1000
"""The same of what has no other limit (acknowledgements, empty lines, `/help`), as `verbs.pacing` counts it. Each takes
some 25 us, and before that was counted one connection could take a core with them."""
MOST = 100_000
"""Addresses that are remembered though nobody from there is here any more."""


class Address:
    """The buckets of one address. Any thread: connections from there, and the worker that merges, meet at the lock,
    which is never held while anything else is called."""

    __slots__ = ("_even", "_go", "_joins", "_lock", "_messages", "_questions", "_trifles", "key", "users")

    def __init__(self, key: str, settings: NodeSettings) -> None:
        self.key = key
        self.users = 0  # connections; guarded by the lock of `Addresses`
        self._lock = threading.Lock()
        self._messages = SharedBucket(settings.address_message_rate, settings.address_message_burst)
        self._joins = SharedBucket(settings.address_join_rate, settings.address_join_burst)
        self._questions = Bucket(QUESTIONS, AT_ONCE)
        self._trifles = Bucket(TRIFLES, FEW)
        rate = settings.address_message_rate
        self._even = Bucket(max(rate, EVENLY) if rate else 0.0, FREELY)
        self._go = 0.0  # when those go on who waited last

    def say(self, now: float, cost: float = 1.0) -> float:
        """Seconds until one more message may be taken; not above 0: it is."""
        with self._lock:
            wait = self._messages.wait(now, cost)
            if wait <= 0:
                self._messages.spend(now, cost)
            return wait

    def pace(self, now: float, cost: float) -> float:
        """For how many seconds what was taken is to wait before it goes on, 0: for none. `cost`: in messages."""
        with self._lock:
            wait = self._even.wait(now, cost)
            self._even.take(now, cost)
            if wait <= GRAIN:
                return 0.0
            if now + wait > self._go:
                self._go = now + wait + TOGETHER
            return self._go - now

    def join(self, now: float, cost: float) -> float:
        """The same as `say` of joins and their like."""
        with self._lock:
            wait = self._joins.wait(now, cost)
            if wait <= 0:
                self._joins.spend(now, cost)
            return wait

    def turn(self, now: float, cost: float) -> float:
        """Seconds until a question is to be answered, 0: now. Its place in the line is taken by that."""
        with self._lock:
            return _placed(self._questions, now, cost)

    def trifle(self, now: float, cost: float) -> float:
        """The same of what is less than a question."""
        with self._lock:
            return _placed(self._trifles, now, cost)

    def is_whole(self, now: float) -> bool:
        with self._lock:
            buckets = self._messages, self._joins
            return not any(bucket.spent or bucket.ahead(now) for bucket in buckets)

    def to_tell(self, now: float) -> tuple[tuple[float, float], tuple[int, int]]:
        """What was taken since the others were told, of messages and of joins; and that in milliseconds of the
        buckets."""
        with self._lock:
            spent = self._messages.spent, self._joins.spent
            return spent, (self._messages.to_tell(now), self._joins.to_tell(now))

    def merge(self, now: float, told: tuple[float, float], ahead: tuple[int, int]) -> None:
        """The others know of `told` now, and the buckets of all nodes are whole in `ahead` milliseconds."""
        with self._lock:
            self._messages.merge(now, told[0], ahead[0])
            self._joins.merge(now, told[1], ahead[1])


class Addresses:
    """A task of the workers' (`step`), scheduled with each heartbeat. The rest: any thread."""

    def __init__(self, settings: NodeSettings, cluster: ClusterSeam) -> None:
        self._settings, self._exempt = settings, Sources(settings.exempt)
        self._cluster = cluster
        self._lock = threading.Lock()  # guards the dict and the counts of users
        self._all: dict[str, Address] = {}

    def enter(self, peer: str) -> Address | None:
        """A connection from `HOST:PORT` is about to be let in; None: no limit by address holds for it. Asks the
        cluster about one that is new here, so it blocks. To be followed by `leave`."""
        if host_of(peer) is None or peer in self._exempt:
            return None
        key = source_of(peer)
        with self._lock:
            known = key in self._all
            address = self._all.setdefault(key, Address(key, self._settings))
            address.users += 1
        try:
            if not known:
                self._ask([address])
        except BaseException:  # a fault of ours: nobody will ever leave for it; it is raised on
            self.leave(address)
            raise
        return address

    def leave(self, address: Address | None) -> None:
        if address is not None:
            with self._lock:
                address.users -= 1

    def step(self) -> float | None:
        """Tells the others what was taken here, and hears what was taken there."""
        now = time.monotonic()
        with self._lock:
            busy = [address for address in self._all.values() if not address.is_whole(now)]
        in_portions(busy, self._ask)
        return None

    def sweep(self, now: float) -> None:
        """Forgets those who owe nothing and are not here. The ticker's; `now`: monotonic."""
        with self._lock:
            idle = [address for address in self._all.values() if not address.users]
            for address in idle:
                if address.is_whole(now) or len(self._all) > MOST:
                    del self._all[address.key]

    def __len__(self) -> int:
        return len(self._all)

    def _ask(self, addresses: Sequence[Address]) -> bool:
        now = time.monotonic()
        taken = [address.to_tell(now) for address in addresses]
        try:
            found = self._cluster.addresses(
                [(address.key, *worth) for address, (_, worth) in zip(addresses, taken, strict=True)]
            )
        except ClusterError:
            return False
        now = time.monotonic()
        for address, (told, _), ahead in zip(addresses, taken, found, strict=True):
            address.merge(now, told, ahead)
        return True


def _placed(bucket: Bucket, now: float, cost: float) -> float:
    wait = bucket.wait(now, cost)
    bucket.take(now, cost)
    return max(wait, 0.0)
