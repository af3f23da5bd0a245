"""What one session may still say and ask for: its own buckets, which go with it to other nodes, and its address's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.addresses import FREELY, TOGETHER
from node.buckets import Bucket

if TYPE_CHECKING:
    from node.addresses import Address
    from node.settings import NodeSettings

PAUSE = 0.2
"""Seconds that are between two refusals of one session at least: what is in flight behind the first one must not take
one by one what grows meanwhile, only to be out of order."""

SMOOTHLY = 100.0
"""Messages a second of one session that are carried out where more than a few come at once. Nothing is refused for it:
what it may say at once is spread, as what its address may (`Address.pace`)."""


class _Rest:
    """Since something came too soon: until when nothing is looked at."""

    __slots__ = ("limit", "number", "refused", "until")

    def __init__(self) -> None:
        self.until, self.number, self.limit, self.refused = 0.0, 0, "", 0

    def begin(self, now: float, wait: float, number: int, limit: str) -> float:
        """Returns how long it is."""
        wait = max(wait, PAUSE)
        self.until, self.number, self.limit, self.refused = now + wait, number, limit, 0
        return wait


class Quota:
    """The connection's own thread. `address` None: no limit by address holds."""

    __slots__ = ("_address", "_asking", "_even", "_joins", "_messages", "_saying", "slowed")

    def __init__(self, settings: NodeSettings, address: Address | None, ahead: tuple[int, int], now: float) -> None:
        """`ahead`: milliseconds until its buckets of messages and of joins are whole, as it brings them."""
        self._address = address
        self._messages = Bucket(settings.message_rate, settings.message_burst)
        self._joins = Bucket(settings.join_rate, settings.join_burst)
        rate = settings.message_rate if address is not None else 0.0
        self._even = Bucket(max(rate, SMOOTHLY) if rate else 0.0, FREELY)
        self._messages.put(now, ahead[0])
        self._joins.put(now, ahead[1])
        self._saying, self._asking = _Rest(), _Rest()
        self.slowed = False  # a plain client was told once

    def say(self, n: int, now: float, cost: float = 1.0) -> float:
        """Seconds until message `n` may be said; 0: now, and it is taken. What comes behind one that was refused is
        refused as well: it could only be out of order."""
        rest = self._saying
        if now < rest.until and n >= rest.number:
            rest.refused += 1
            return rest.until - now
        wait = self._messages.wait(now, cost)
        if wait > 0:
            return rest.begin(now, wait, n, "message_rate")
        wait = self._address.say(now, cost) if self._address is not None else 0.0
        if wait > 0:
            return rest.begin(now, wait, n, "address_message_rate")
        self._messages.take(now, cost)
        return 0.0

    def pace(self, now: float) -> float:
        """For how many seconds a message that was taken is to wait before it goes on. Behind one that waited some go on
        at once."""
        wait = self._even.wait(now)
        self._even.take(now)
        return wait if wait > TOGETHER else 0.0

    def ask(self, cost: float, now: float) -> float:
        """The same of a join, or of what is like one. What is asked behind one that was refused waits too, so that
        nobody leaves a room before he has joined it."""
        rest = self._asking
        if now < rest.until:
            rest.refused += 1
            return rest.until - now
        wait = self._joins.wait(now, cost)
        if wait > 0:
            return rest.begin(now, wait, 0, "join_rate")
        wait = self._address.join(now, cost) if self._address is not None else 0.0
        if wait > 0:
            return rest.begin(now, wait, 0, "address_join_rate")
        self._joins.take(now, cost)
        return 0.0

    def heedless(self, most: int) -> bool:
        """Whether more came since the last refusal than could have been on its way, `most`."""
        return max(self._saying.refused, self._asking.refused) > most

    @property
    def why_not_said(self) -> str:
        """The limit that refused the last message."""
        return self._saying.limit

    @property
    def why_not_asked(self) -> str:
        """The limit that refused the last request."""
        return self._asking.limit

    def said(self, now: float) -> int:
        """Milliseconds until the bucket of messages is whole."""
        return self._messages.ahead(now)

    def asked(self, now: float) -> int:
        """The same of the bucket of joins."""
        return self._joins.ahead(now)
