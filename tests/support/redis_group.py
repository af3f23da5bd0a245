"""A master, two replicas and three sentinels of a test's own, and a cluster on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from drill.processes.process import Process
from drill.processes.redis_server import RedisProcess
from drill.processes.sentinel import GROUP, SentinelProcess
from tests.support.deployment import Deployment
from tests.support.servers import Node
from tests.support.waiting import wait_until

SERVERS, SENTINELS = 3, 3
# As docs/operations.md says; with times for tests.
FLAGS = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "3", "--repl-diskless-sync-delay", "0"]


class RedisGroup:
    """`servers[0]` is the first master. Not for threads."""

    def __init__(self, program: str, folder: Path) -> None:
        self.servers = [RedisProcess(program, f"redis{i}", folder / f"redis{i}", FLAGS) for i in range(SERVERS)]
        for replica in self.servers[1:]:
            # In its file, not said at each start: who is whose replica is for the sentinels to rewrite.
            replica.config.write_text(f"replicaof 127.0.0.1 {self.servers[0].port}\n")
        first = self.servers[0].port
        self.sentinels = [SentinelProcess(program, f"s{i}", first, folder / f"s{i}") for i in range(SENTINELS)]

    @property
    def processes(self) -> list[Process]:
        return [*self.sentinels, *self.servers]

    @property
    def url(self) -> str:
        """What a node is told."""
        return f"redis+sentinel://{','.join(each.address for each in self.sentinels)}/{GROUP}/0"

    def start(self) -> None:
        """Returns when the sentinels know all replicas and one another."""
        for server in self.servers:
            server.start()
        wait_until(lambda: self._linked() == SERVERS - 1, 15, "the replicas follow")
        for sentinel in self.sentinels:
            sentinel.start()
        self.wait_settled()

    def wait_settled(self) -> None:
        """Until every sentinel knows all replicas and one another, and of no trouble."""
        settled = lambda: all(each.is_settled(SERVERS - 1, SENTINELS) for each in self.sentinels)  # noqa: E731
        wait_until(settled, 30, "the sentinels know all")

    def _linked(self) -> int:
        with self.servers[0].client() as client:
            found: Any = client.info("replication")
        return sum(found.get(f"slave{i}", {}).get("state") == "online" for i in range(SERVERS))

    @property
    def master(self) -> RedisProcess:
        """Whom the sentinels name."""
        named = {each.master_port() for each in self.sentinels if each.alive}
        found = [server for server in self.servers if server.port in named]
        assert len(found) == 1, f"the sentinels name the masters {named}"
        return found[0]

    def wait_promotion(self, former: RedisProcess, within: float = 30.0) -> RedisProcess:
        """Until all sentinels name another master than `former`; that one."""

        def all_agree() -> bool:
            named = {each.master_port() for each in self.sentinels if each.alive}
            return len(named) == 1 and not named & {0, former.port}

        wait_until(all_agree, within, f"a master after {former.name}")
        return self.master

    def discard(self) -> None:
        """Ends all, frozen or not. Idempotent."""
        for process in self.processes:
            process.discard()


@contextmanager
def running(program: str, folder: Path) -> Iterator[RedisGroup]:
    """A started group, which is ended afterwards."""
    group = RedisGroup(program, folder)
    try:
        group.start()
        yield group
    finally:
        group.discard()


class GroupDeployment(Deployment):
    """As `Deployment`, on a group."""

    def __init__(self, program: str, folder: Path, nodes: int = 2, lease: float = 1.0, grace: float = 8.0) -> None:
        self.group = RedisGroup(program, folder / "group")
        super().__init__(program, folder, nodes, lease, grace)

    def make_node(self, name: str, redis_url: str | None = None, flags: Sequence[str] = ()) -> Node:
        return super().make_node(name, redis_url or self.group.url, flags)

    def start(self) -> None:
        self.group.start()
        self.start_nodes()

    def client(self) -> redis.Redis:
        return self.group.master.client()

    @property
    def processes(self) -> list[Process]:
        return [*self.others, *self.nodes, *self.group.processes]
