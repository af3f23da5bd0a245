"""What one may tell a Redis that runs: forget, pause, drop connections, take no more."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import redis

from drill.faults.base import AtOnce, AtRedis
from drill.faults.fault import Planned
from drill.processes.redis_server import PUBSUB_LIMIT, RedisProcess

if TYPE_CHECKING:
    from drill.world import World

LOBBY = "{hydrachat}:room:#lobby:log"
TINY = 64 * 1024
LISTEN_WITHIN = 3.0
# Publishes the same thing again and again, as one command, so that it piles up.
FLOOD = "for _ = 1, tonumber(ARGV[2]) do redis.call('PUBLISH', KEYS[1], ARGV[1]) end"


class PubsubKill(AtOnce):
    """All subscriptions lose their connections (`CLIENT KILL TYPE pubsub`)."""

    name = "pubsub-kill"

    def begin(self, world: World, planned: Planned) -> None:
        with world.redis.admin() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


class PubsubOverflow(AtRedis):
    """Subscribers that read too slowly are dropped by Redis. For a while a tiny buffer is enough for that, and what
    was last said in the lobby is published again, often enough to fill it; nodes know it by its offset."""

    name = "pubsub-overflow"

    def begin(self, world: World, planned: Planned) -> None:
        master = world.kept[planned.number] = world.redis.master
        said = _overheard(master)
        with master.client() as client:
            client.config_set("client-output-buffer-limit", f"pubsub {TINY} {TINY} 1")
            if said:
                client.eval(FLOOD, 1, LOBBY, said, str(4 * TINY // len(said) + 1))

    def end(self, world: World, planned: Planned) -> None:
        _set(world, planned, "client-output-buffer-limit", PUBSUB_LIMIT)


class ClientPause(AtRedis):
    """Redis answers nobody, or takes no writes (`CLIENT PAUSE`)."""

    name = "client-pause"

    def detail(self, rng: random.Random) -> str:
        return rng.choice(("ALL", "WRITE"))

    def begin(self, world: World, planned: Planned) -> None:
        world.kept[planned.number] = master = world.redis.master
        with master.client() as client:
            client.execute_command("CLIENT", "PAUSE", int(planned.seconds * 1000), planned.detail)

    def end(self, world: World, planned: Planned) -> None:
        """A pause for all holds up its own end as well, so that can't come earlier than planned."""
        with world.kept.pop(planned.number).client(planned.seconds + 10.0) as client:
            client.execute_command("CLIENT", "UNPAUSE")
        world.redis.wait_well()


class Flushall(AtOnce):
    """Somebody's `FLUSHALL`."""

    name = "flushall"

    def begin(self, world: World, planned: Planned) -> None:
        with world.redis.admin() as client:
            client.flushall()


class ScriptFlush(AtOnce):
    """Redis forgets all scripts (`SCRIPT FLUSH`)."""

    name = "script-flush"

    def begin(self, world: World, planned: Planned) -> None:
        with world.redis.admin() as client:
            client.script_flush()


class OutOfMemory(AtRedis):
    """Redis may take no more memory, and refuses what would need some (`OOM command not allowed`)."""

    name = "oom"

    def begin(self, world: World, planned: Planned) -> None:
        world.kept[planned.number] = master = world.redis.master
        with master.client() as client:
            client.config_set("maxmemory", "1mb")

    def end(self, world: World, planned: Planned) -> None:
        _set(world, planned, "maxmemory", "0")


def _set(world: World, planned: Planned, name: str, value: str) -> None:
    """At the server where it was changed: the master may be another one by now."""
    with world.kept.pop(planned.number).client() as client:
        client.config_set(name, value)
    world.redis.wait_well()


def _overheard(server: RedisProcess) -> str:
    """Something that is published in the lobby just now; empty if nobody says anything."""
    deadline = time.monotonic() + LISTEN_WITHIN
    with server.client() as client, client.pubsub() as ear, suppress(redis.RedisError, OSError):
        ear.subscribe(LOBBY)
        while time.monotonic() < deadline:
            heard: Any = ear.get_message(timeout=0.2)
            if heard and heard["type"] == "message":
                return str(heard["data"])
    return ""
