"""Redis dies, stands still, or comes back with less than it had. Behind Sentinels it is the master to which that
happens; if it is away for longer than they wait, another one is promoted meanwhile."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

from drill.faults.base import AtOnce, AtRedis
from drill.faults.fault import Planned
from drill.network.connection import REPLICA
from drill.network.rule import Rule
from drill.processes.waiting import wait_until

if TYPE_CHECKING:
    from drill.world import World

PROMOTED_WITHIN = 60.0
ALL, ONE = "all replicas", "one replica, and the other one dies with the master"


class RedisKill(AtRedis):
    """`kill -9` of Redis, and its restart with its append-only file: nothing that was answered is lost."""

    name = "redis-kill"

    def begin(self, world: World, planned: Planned) -> None:
        world.kept[planned.number] = master = world.redis.master
        master.kill()

    def end(self, world: World, planned: Planned) -> None:
        world.kept.pop(planned.number).start()
        world.redis.wait_well()


class RedisFreeze(AtRedis):
    """Redis stands still (SIGSTOP)."""

    name = "redis-freeze"

    def begin(self, world: World, planned: Planned) -> None:
        world.kept[planned.number] = master = world.redis.master
        master.freeze()

    def end(self, world: World, planned: Planned) -> None:
        world.kept.pop(planned.number).thaw()
        world.redis.wait_well()


class Rewind(AtOnce):
    """Redis is killed and comes back at once without the end of its append-only file. Replicas copy that."""

    name = "rewind"

    def detail(self, rng: random.Random) -> str:
        return f"{rng.choice((1, 4, 16, 64))} kB"

    def begin(self, world: World, planned: Planned) -> None:
        master = world.redis.master
        master.kill()
        master.cut_tail(int(planned.detail.split()[0]) * 1000)
        master.start()


class Empty(AtOnce):
    """Redis is killed and comes back at once with no data at all. Replicas copy that."""

    name = "empty"

    def begin(self, world: World, planned: Planned) -> None:
        master = world.redis.master
        master.kill()
        master.wipe()
        master.start()


class Promotion(AtRedis):
    """Replicas fall behind, the master dies, and Sentinels promote one of those: what it had not got is lost. Where
    all are behind, what is said then is not accepted by nodes that wait for a replica; so in every other injection
    one replica keeps up, and dies with the master. The dead come back later, as replicas."""

    name = "promotion"

    def cannot(self, world: World) -> str:
        return "" if world.redis.sentinels else "there are no replicas: needs --redis sentinel"

    def detail(self, rng: random.Random) -> str:
        return f"{rng.uniform(0.2, 2.0):.1f} s behind: {rng.choice((ALL, ONE))}"

    def begin(self, world: World, planned: Planned) -> None:
        store = world.redis
        master = store.master
        behind, *others = [server for server in store.servers if server is not master]
        role = str(store.way_of(behind).port) if planned.detail.endswith(ONE) else ""
        dying = [master, *others] if role else [master]
        world.kept[planned.number] = dying
        world.spoil(planned.number, [store.way_of(master)], Rule(of=REPLICA, role=role, hold="both"))
        time.sleep(float(planned.detail.split()[0]))
        for server in dying:
            server.signal(signal.SIGKILL)
        for server in dying:
            server.wait()
        # It must not come through after all, out of the proxy's own buffer.
        world.spoil(planned.number, [store.way_of(master)], Rule(cut=True))
        wait_until(lambda: store.master not in dying, PROMOTED_WITHIN, "a promotion")

    def end(self, world: World, planned: Planned) -> None:
        for server in world.kept.pop(planned.number):
            server.start()
        world.restore(planned.number)
        world.redis.wait_well()
