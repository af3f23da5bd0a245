"""The disk of Redis is full."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING

import redis

from drill.faults.base import AtRedis
from drill.faults.fault import Planned
from drill.processes.redis_server import RedisProcess

if TYPE_CHECKING:
    from drill.world import World

REFUSES, EXITS = "everysec: it refuses writes", "always: it exits"
PROBE = "drill:full"
FILLER = "x" * 8192


class DiskFull(AtRedis):
    """Nothing more fits on the disk. With `appendfsync everysec` Redis refuses what writes (MISCONF) until there is
    room. With `always`, as it is started here, it has promised too much and exits before it answers; it is started
    again when there is room. Both are done, and a write sees to it that the disk is noticed to be full."""

    name = "disk-full"

    def cannot(self, world: World) -> str:
        return world.no_disk

    def detail(self, rng: random.Random) -> str:
        return rng.choice((REFUSES, EXITS))

    def begin(self, world: World, planned: Planned) -> None:
        world.kept[planned.number] = master = world.redis.master
        with master.client() as client:
            if planned.detail == REFUSES:
                client.config_set("appendfsync", "everysec")
            if master.disk is not None:
                master.disk.fill()
            with suppress(redis.RedisError, OSError):  # it exits, or refuses: that is what is wanted
                client.set(PROBE, FILLER, ex=1)

    def end(self, world: World, planned: Planned) -> None:
        master: RedisProcess = world.kept.pop(planned.number)
        if master.disk is not None:
            master.disk.empty()
        if not master.alive:
            master.start()
        world.redis.wait_well()
        with master.client() as client:
            client.config_set("appendfsync", "always")
