"""The Redis of a cluster: one server, or three of which one is the master, with three Sentinels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis

from drill.network.network import Network
from drill.network.proxy import Proxy
from drill.processes.disk import Disk
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST
from drill.processes.process import Process
from drill.processes.redis_server import RedisProcess
from drill.processes.sentinel import GROUP, SentinelProcess
from drill.processes.waiting import wait_until

SETTLED_WITHIN = 60.0
OF_A_GROUP = 3
# As docs/operations.md says for a Sentinel group.
SAFER = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "3", "--repl-diskless-sync-delay", "0"]


class Store:
    """`servers[i]` is reached by everybody through `ways[i]`: nodes, replicas and Sentinels know no other port.
    `sentinels` is empty for a single server. `url`: what nodes are given."""

    def __init__(self, program: str, folder: Path, network: Network, launcher: Launcher, group: bool, disks: bool):
        names = [f"redis{number}" for number in range(1, OF_A_GROUP + 1)] if group else ["redis"]
        made = [Disk(f"{name}-disk", folder / name, launcher) if disks else None for name in names]
        self.disks = [disk for disk in made if disk]
        self.servers: list[RedisProcess] = []
        self.ways: list[Proxy] = []
        for name, disk in zip(names, made, strict=True):
            server = RedisProcess(program, name, folder / name, launcher=launcher, disk=disk)
            self.ways.append(network.proxy(server.port, named=True))
            self.servers.append(server)
        self.sentinels = self._make_group(program, folder, launcher) if group else []

    def _make_group(self, program: str, folder: Path, launcher: Launcher) -> list[SentinelProcess]:
        first = self.ways[0].port
        for server, way in zip(self.servers, self.ways, strict=True):
            announced = ["--replica-announce-ip", HOST, "--replica-announce-port", str(way.port)]
            server.add_flags([*announced, *SAFER])
        for replica in self.servers[1:]:
            # In its file, not said at each start: who is whose replica is for the Sentinels to rewrite.
            replica.config.write_text(f"replicaof {HOST} {first}\n")
        names = [f"sentinel{number}" for number in range(1, OF_A_GROUP + 1)]
        return [SentinelProcess(program, name, first, folder / name, launcher) for name in names]

    @property
    def url(self) -> str:
        if not self.sentinels:
            return f"redis://{self.ways[0].address}/0"
        return f"redis+sentinel://{','.join(each.address for each in self.sentinels)}/{GROUP}/0"

    @property
    def master(self) -> RedisProcess:
        """Who it is at the moment; of a group whom most Sentinels name. Raises TimeoutError."""
        if not self.sentinels:
            return self.servers[0]
        return wait_until(self._named, SETTLED_WITHIN, "the Sentinels agree on a master")[0]

    def _named(self) -> list[RedisProcess]:
        told = [sentinel.master_port() for sentinel in self.sentinels]
        for server, way in zip(self.servers, self.ways, strict=True):
            if told.count(way.port) * 2 > len(told):
                return [server]
        return []

    def way_of(self, server: RedisProcess) -> Proxy:
        """The port under which everybody knows it."""
        return self.ways[self.servers.index(server)]

    def admin(self) -> redis.Redis:
        """A connection to the master, past all detours; use it as a context manager. Raises TimeoutError."""
        return self.master.client()

    def start(self) -> None:
        """Returns when all is well. Raises OSError, TimeoutError."""
        for process in self.processes:
            process.start()
        self.wait_well()

    def wait_well(self) -> None:
        """Until the master takes writes, with all replicas at its side. Raises TimeoutError."""
        wait_until(self._is_well, SETTLED_WITHIN, "Redis is well")

    def _is_well(self) -> bool:
        if not self.sentinels:
            return self.servers[0].answers()
        others = len(self.servers) - 1
        if not all(each.is_settled(others, len(self.sentinels)) for each in self.sentinels):
            return False
        return any(_has_replicas(master, others) for master in self._named())

    @property
    def processes(self) -> Sequence[Process]:
        return [*self.servers, *self.sentinels]

    def discard(self) -> None:
        """Idempotent."""
        for process in self.processes:
            process.discard()
        for disk in self.disks:
            disk.discard()


def _has_replicas(master: RedisProcess, number: int) -> bool:
    with master.client() as client:
        try:
            row: Any = client.info("replication")
        except (redis.RedisError, OSError):
            return False
    online = [key for key, value in row.items() if key.startswith("slave") and _state(value) == "online"]
    return row["role"] == "master" and len(online) == number


def _state(value: object) -> object:
    return value.get("state") if isinstance(value, dict) else None
