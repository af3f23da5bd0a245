"""What most classes of fault have in common."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from drill.faults.fault import Planned
from drill.settings import DrillSettings

if TYPE_CHECKING:
    from drill.processes.node import NodeProcess
    from drill.world import World

REDIS = "redis"
BALANCER = "balancer"


def node_names(settings: DrillSettings) -> list[str]:
    """n1, n2 …"""
    return [f"n{number}" for number in range(1, settings.nodes + 1)]


def word_of(target: str) -> str:
    """What a node's name is called in `exclusive`."""
    return f"node:{target}"


class AtNode:
    """Something that is done to one node, for as long as a pause lasts, while nothing else is done to it."""

    name = ""

    def cannot(self, world: World) -> str:
        return ""

    def exclusive(self, planned: Planned) -> frozenset[str]:
        return frozenset({word_of(planned.target)})

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        seconds = rng.uniform(*settings.times.pause)
        return seconds, rng.choice(node_names(settings)), self.detail(rng)

    def detail(self, rng: random.Random) -> str:
        """What else there is to draw."""
        return ""

    def node(self, world: World, planned: Planned) -> NodeProcess:
        return world.nodes[planned.target]

    def living(self, world: World, name: str) -> NodeProcess:
        """That node. Raises RuntimeError if it is dead: all that were broken have been mended, so it was not us."""
        node = world.nodes[name]
        if not node.alive:
            raise RuntimeError(node.obituary())
        return node


class AtRedis:
    """Something that is done to Redis, for as long as a pause lasts, while nothing else is done to it."""

    name = ""

    def cannot(self, world: World) -> str:
        return ""

    def exclusive(self, planned: Planned) -> frozenset[str]:
        return frozenset({REDIS})

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        return rng.uniform(*settings.times.pause), REDIS, self.detail(rng)

    def detail(self, rng: random.Random) -> str:
        """What else there is to draw."""
        return ""


class AtOnce(AtRedis):
    """Over as soon as it is done."""

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        return 0.0, REDIS, self.detail(rng)

    def end(self, world: World, planned: Planned) -> None:
        """Returns when Redis is well. Raises TimeoutError."""
        world.redis.wait_well()
