"""The balancer goes away and comes back."""

from __future__ import annotations

import random
import signal
from typing import TYPE_CHECKING

from drill.faults.base import BALANCER
from drill.faults.fault import Planned
from drill.settings import DrillSettings

if TYPE_CHECKING:
    from drill.world import World


class BalancerRestart:
    """The balancer is killed or stopped, with all connections through it, and started again later."""

    name = "balancer-restart"

    def cannot(self, world: World) -> str:
        return world.no_balancer

    def exclusive(self, planned: Planned) -> frozenset[str]:
        return frozenset({BALANCER})

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        return rng.uniform(*settings.times.pause), BALANCER, rng.choice(("SIGKILL", "SIGTERM"))

    def begin(self, world: World, planned: Planned) -> None:
        if world.balancer:
            world.balancer.signal(signal.Signals[planned.detail])
            world.balancer.wait()

    def end(self, world: World, planned: Planned) -> None:
        if world.balancer:
            world.balancer.start()
