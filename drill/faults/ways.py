"""What happens to the ways of a node: to Redis, to the balancer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from drill.faults.base import AtNode
from drill.faults.fault import Planned
from drill.network.rule import Rule
from drill.settings import DrillSettings

if TYPE_CHECKING:
    from drill.world import World

HELD, CUT = "packets are dropped", "connections are refused"
DEAF = "its subscription stands still"
TO_CLIENTS, TO_REDIS = "its clients", "Redis"
PIECES = 3


class _AtWay(AtNode):
    def end(self, world: World, planned: Planned) -> None:
        world.restore(planned.number)


class _Cut(_AtWay):
    def detail(self, rng: random.Random) -> str:
        return rng.choice((HELD, CUT))

    def rule(self, planned: Planned, of: str = "") -> Rule:
        return Rule(of=of, cut=True) if planned.detail == CUT else Rule(of=of, hold="both")


class CutRedis(_Cut):
    """One node alone can't reach Redis, or it can but does not hear."""

    name = "cut-redis"

    def detail(self, rng: random.Random) -> str:
        return rng.choice((HELD, CUT, DEAF))

    def rule(self, planned: Planned, of: str = "") -> Rule:
        if planned.detail == DEAF:
            return Rule(of=of, role="subscriber", hold="both")
        return super().rule(planned, of)

    def begin(self, world: World, planned: Planned) -> None:
        world.spoil(planned.number, world.redis.ways, self.rule(planned, planned.target))


class CutBalancer(_Cut):
    """The balancer can't reach one node, nor its health page; direct clients can."""

    name = "cut-balancer"

    def cannot(self, world: World) -> str:
        return world.no_balancer

    def begin(self, world: World, planned: Planned) -> None:
        ways = world.proxies[planned.target]
        world.spoil(planned.number, [ways.balancer, ways.health], self.rule(planned))


class Slow(_AtWay):
    """What goes to and from a node's clients, or to and from Redis, comes late and slowly."""

    name = "slow"

    def detail(self, rng: random.Random) -> str:
        where = rng.choice((TO_CLIENTS, TO_REDIS))
        delay, rate = (
            (rng.uniform(20, 200), rng.uniform(50, 500))
            if where == TO_CLIENTS
            else (
                rng.uniform(5, 50),
                rng.uniform(500, 2000),
            )
        )
        return f"{delay:.0f} ms {rate:.0f} kB/s to {where}"

    def begin(self, world: World, planned: Planned) -> None:
        delay, _, rate, _ = planned.detail.split(maxsplit=3)
        rule = Rule(delay=float(delay) / 1000, rate=float(rate) * 1000)
        ways = world.proxies[planned.target]
        if planned.detail.endswith(TO_CLIENTS):
            world.spoil(planned.number, [ways.clients, ways.balancer], rule)
        else:
            of = Rule(of=planned.target, delay=rule.delay, rate=rule.rate)
            world.spoil(planned.number, world.redis.ways, of)


class HalfReply(_AtWay):
    """A node's connections to Redis break in the middle of a reply, one after the other."""

    name = "half-reply"

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        _, target, _ = super().draw(rng, settings)
        pieces = rng.randint(1, PIECES)
        return settings.times.lease, target, f"{pieces} replies"

    def begin(self, world: World, planned: Planned) -> None:
        rule = Rule(of=planned.target, halves=int(planned.detail.split()[0]))
        world.spoil(planned.number, world.redis.ways, rule)
