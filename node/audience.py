"""The live deliveries of one feed: they share its place in the log, and get the same bytes.

What comes in one burst is joined once for all of them, and offered once to each: with a thousand receivers an offer for
each message costs more than anything else that a node does for it. So there are entries up to the feed's place that lie
here, and not in the outboxes yet; whatever looks into these, or changes who is live, has them flushed first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cluster.types import Kind
from node.delivery import Delivery
from node.outbox import Outbox
from node.recent import Letters
from node.trace import Trace
from wire import Dialect, render
from wire.frames import ServerFrame

MOST = 64 * 1024
"""Bytes that wait for the end of a burst at most."""


class Audience:
    """The feed's lock guards it; nothing blocks. `count`: is told how many deliveries there were."""

    def __init__(self, count: Callable[[int], None]) -> None:
        self._count = count
        self._offered = 0  # since it was told
        self._live: dict[Dialect, dict[Delivery, Outbox]] = {Dialect.NATIVE: {}, Dialect.PLAIN: {}}
        self._kept: dict[Dialect, list[bytes]] = {Dialect.NATIVE: [], Dialect.PLAIN: []}
        self._size = 0

    def __contains__(self, delivery: Delivery) -> bool:
        return delivery in self._live[delivery.dialect]

    def __iter__(self) -> Iterator[Delivery]:
        return (delivery for live in self._live.values() for delivery in live)

    def add(self, delivery: Delivery) -> None:
        self.flush()
        self._live[delivery.dialect][delivery] = delivery.outbox

    def discard(self, delivery: Delivery) -> None:
        if delivery in self:
            self.flush()
            del self._live[delivery.dialect][delivery]

    def slow(self) -> list[Delivery]:
        """Those whose clients have as much before them as they should take of a replay."""
        self.flush()
        return [
            delivery
            for live in self._live.values()
            for delivery, outbox in live.items()
            if outbox.size >= outbox.low_water
        ]

    def leaver(self, letters: Letters) -> Delivery | None:
        """Whose own `left` entry that is. Nothing that was said after it is for him, although the node hears only
        later, by the answer to its own call, that he has left. One that a loss has brought back may be of an
        earlier stay."""
        if letters.entry.kind != Kind.LEFT or letters.is_brought_back:
            return None
        return next((delivery for delivery in self if delivery.session == letters.entry.session), None)

    def offer(self, letters: Letters) -> None:
        """To all, rendered once, at the latest when `flush` is called."""
        if letters.is_personal:
            # Rare, and each client has seen another part of what was lost or brought back.
            self.flush()
            for delivery in self:
                delivery.offer(letters.entry)
            return
        for dialect, live in self._live.items():
            if live and (data := letters.made(dialect)):
                self._kept[dialect].append(data)
                self._size += len(data)
                self._offered += len(live)
        if self._size >= MOST:
            self.flush()

    def tell(self, frame: ServerFrame) -> None:
        """What is in no log, behind what lies here. Programs show it; a person with a plain client need not see it."""
        live = self._live[Dialect.NATIVE]
        if live:
            self.flush()
            Outbox.offer_all(live.values(), render(frame, Dialect.NATIVE))

    def flush(self) -> None:
        """Into the outboxes with it."""
        if not self._size:
            return
        self._count(self._offered)
        self._size = self._offered = 0
        for dialect, kept in self._kept.items():
            if kept:
                data = kept[0] if len(kept) == 1 else b"".join(kept)
                kept.clear()
                Outbox.offer_all(self._live[dialect].values(), data)


class TracedAudience(Audience):
    """Tells the log what it offers."""

    def __init__(self, count: Callable[[int], None], trace: Trace) -> None:
        super().__init__(count)
        self._trace = trace

    def offer(self, letters: Letters) -> None:
        super().offer(letters)
        self._trace.delivered(letters.entry, sum(map(len, self._live.values())))
