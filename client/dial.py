"""Which address to try next, and when: the order of dialling and the back-off."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from wire.address import Address


class AddressBook:
    """The servers that were given, and the nodes that a welcome or pong named. Pure, one thread at a time."""

    def __init__(self, servers: Sequence[Address], rng: random.Random, *, in_order: bool) -> None:
        """`in_order`: the first round takes the servers as they stand; all others are shuffled."""
        if not servers:
            raise ValueError("at least one server address is needed")
        self._servers = list(dict.fromkeys(servers))
        self._nodes: list[Address] = []
        self._rng = rng
        self._round = list(self._servers)
        if not in_order:
            rng.shuffle(self._round)
        self.rounds = 0  # finished ones

    def learn(self, nodes: Iterable[str], here: Address) -> None:
        """`nodes`: the others that `here` named. They replace the ones named before."""
        found = [here]
        for text in nodes:
            try:
                found.append(Address.parse(text))
            except ValueError:
                continue
        self._nodes = found

    @property
    def known(self) -> set[Address]:
        """All that may be tried."""
        return {*self._servers, *self._nodes}

    def next(self) -> Address:
        """The address to try now; each one once a round."""
        if not self._round:
            self._round = self._shuffled()
        address = self._round.pop(0)
        self.rounds += not self._round
        return address

    def restart(self, lost: Address) -> None:
        """A new round, in which `lost` comes last."""
        self._round = self.others(lost) or [lost]
        if lost not in self._round:
            self._round.append(lost)

    def others(self, here: Address) -> list[Address]:
        """All but `here`, shuffled."""
        return [address for address in self._shuffled() if address != here]

    def _shuffled(self) -> list[Address]:
        known = list(dict.fromkeys([*self._servers, *self._nodes]))
        self._rng.shuffle(known)
        return known


class Backoff:
    """Fully jittered, exponential. Pure, one thread at a time."""

    def __init__(self, base: float, cap: float, rng: random.Random, longest: float = 10.0) -> None:
        """Seconds. `longest`: how long somebody else may make us wait."""
        self._longest = longest
        self._base = base
        self._cap = cap
        self._rng = rng
        self._failures = 0

    def next(self, after: float = 0.0) -> float:
        """Seconds to wait before the next attempt; grows with each call. `after`: a node said that it should not come
        earlier; many may have been told so, and they should not come back as the herd that they were."""
        limit = min(self._cap, self._base * 2.0 ** min(self._failures, 30))
        self._failures += 1
        least = min(max(0.0, after), self._longest)
        return least + self._rng.uniform(0.0, max(limit, least / 4))

    def reset(self) -> None:
        self._failures = 0
