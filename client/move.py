"""A planned move to another node: make before break."""

from __future__ import annotations

from collections.abc import Sequence

from wire.address import Address
from wire.frames import Reconnect


class Move:
    """Where to go, one address after the other, each tried once. Pure."""

    def __init__(self) -> None:
        self._targets: list[Address] = []
        self.at: float | None = None  # when to try the next one

    def plan(self, frame: Reconnect, here: Address, others: Sequence[Address], now: float) -> None:
        """The place that the node named, else the one we came by; then any other. A balancer leads elsewhere
        now; where there is none that one try is refused at once."""
        try:
            named = [Address.parse(frame.where)] if frame.where else []
        except ValueError:
            named = []
        self._targets = list(dict.fromkeys([*named, here, *others]))
        self.at = now + max(0, frame.after) / 1000

    def go_on(self, now: float) -> None:
        """The last one failed: the next, if there is one; else everything stays as it is."""
        self.at = now if self._targets else None

    def cancel(self) -> None:
        self.at = None

    def take(self, now: float) -> Address | None:
        """The address to try now, if it is time."""
        if self.at is None or now < self.at or not self._targets:
            return None
        self.at = None
        return self._targets.pop(0)
