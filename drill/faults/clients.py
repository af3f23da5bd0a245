"""What happens between people and their node: resets, silence, no way at all for some."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from drill.faults.base import AtNode
from drill.faults.fault import Planned
from drill.network.rule import Rule
from drill.settings import DrillSettings

if TYPE_CHECKING:
    from drill.world import World


class _AtClients(AtNode):
    """Of the clients of one node, whether they came by the balancer or not. It goes with any other fault."""

    def exclusive(self, planned: Planned) -> frozenset[str]:
        return frozenset()

    def detail(self, rng: random.Random) -> str:
        return f"{rng.choice((30, 50, 80, 100))} % of its clients"

    def spoil(self, world: World, planned: Planned, only_now: bool = False, cut: bool = False) -> None:
        share = int(planned.detail.split()[0]) / 100
        rule = Rule(share=share, seed=planned.number, only_now=only_now, cut=cut, hold="" if cut else "both")
        ways = world.proxies[planned.target]
        world.spoil(planned.number, [ways.clients, ways.balancer], rule)

    def end(self, world: World, planned: Planned) -> None:
        world.restore(planned.number)


class Reset(_AtClients):
    """The connections of some clients are reset; they may come back at once."""

    name = "reset"

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        return 0.0, *super().draw(rng, settings)[1:]

    def begin(self, world: World, planned: Planned) -> None:
        self.spoil(world, planned, only_now=True, cut=True)


class HalfOpen(_AtClients):
    """Some clients' packets are dropped: nothing passes, nothing is closed. New connections are well. What was on its
    way comes late if both ends have waited for it."""

    name = "half-open"

    def begin(self, world: World, planned: Planned) -> None:
        self.spoil(world, planned, only_now=True)


class CutClients(_AtClients):
    """Some clients can't reach the node: they are cut off, and each new connection has the same odds to be."""

    name = "cut-clients"

    def begin(self, world: World, planned: Planned) -> None:
        self.spoil(world, planned, cut=True)
