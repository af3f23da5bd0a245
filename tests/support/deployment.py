"""A whole cluster of processes on free ports, with short leases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis

from tests.support.processes import Process
from tests.support.servers import Balancer, Node, RedisServer
from tests.support.waiting import wait_until

PREFIX = "{hydrachat}:"
UNLIMITED = ("--message-rate", "0", "--join-rate", "0")
"""Flags of nodes where one client says as much as many people do."""


class Deployment:
    """Redis, and nodes n1, n2 … `lease` and `grace`: seconds. `redis_via`: node name -> URL of a
    detour to Redis. `flags`: of every node. Use as a context manager; nothing is left behind."""

    def __init__(
        self,
        program: str,
        folder: Path,
        nodes: int = 2,
        lease: float = 1.0,
        grace: float = 4.0,
        flags: Sequence[str] = (),
    ) -> None:
        self.folder, self.lease, self.grace = folder, lease, grace
        self.redis = RedisServer(program, folder / "redis")
        self.flags = ["--lease", f"{lease:g}", "--grace", f"{grace:g}", *flags]
        self.nodes = [self.make_node(f"n{number}") for number in range(1, nodes + 1)]
        self.others: list[Process] = []

    def make_node(self, name: str, redis_url: str | None = None, flags: Sequence[str] = ()) -> Node:
        """A node that was not started yet."""
        return Node(name, redis_url or self.redis.url, self.folder / name, [*self.flags, *flags])

    def __enter__(self) -> Deployment:
        try:
            self.start()
        except BaseException:  # After Ctrl-C or a test's timeout too nobody calls `__exit__`; it is raised on.
            self.discard()
            raise
        return self

    def start(self) -> None:
        """Redis, then all nodes; returns when all are ready."""
        self.redis.start()
        self.start_nodes()

    def __exit__(self, *_: object) -> None:
        self.discard()

    def start_nodes(self) -> None:
        """All at once; returns when all are ready."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_event("ready")
            node.wait_ready()

    def start_balancer(self, program: str) -> Balancer:
        """In front of all nodes; returns when it knows them well."""
        front = Balancer(program, self.nodes, self.folder / "balancer")
        self.others.append(front)
        front.start()
        return front

    @property
    def addresses(self) -> list[str]:
        return [node.address for node in self.nodes]

    @property
    def processes(self) -> list[Process]:
        return [*self.others, *self.nodes, self.redis]

    def discard(self) -> None:
        """Ends every process, frozen or not. Idempotent."""
        for process in self.processes:
            process.discard()

    def client(self) -> redis.Redis:
        """A connection to Redis for looking in; use it as a context manager."""
        return self.redis.client()

    def sent_by_redis(self) -> int:
        """Bytes, to everybody, so far."""
        with self.client() as client:
            return int(client.info("stats")["total_net_output_bytes"])

    def wait_for_reaping(self) -> None:
        """Until the time after a start is over in which nobody is declared dead (R4)."""
        with self.client() as client:
            wait_until(lambda: self._now(client) > int(client.hget(f"{PREFIX}term", "hold") or 0), 30, "the hold ends")

    def end_hold(self) -> None:
        """The same at once, by writing it: where the lease is long."""
        with self.client() as client:
            client.hset(f"{PREFIX}term", "hold", 0)

    def wait_known(self) -> None:
        """Until each node has been told of all: two of its heartbeats after the last has begun."""

        def beats(client: redis.Redis) -> list[float]:
            found: Any = client.zrange(f"{PREFIX}nodes", 0, -1, withscores=True)
            return sorted(score for _, score in found)

        with self.client() as client:
            since = self._now(client)
            wait_until(lambda: beats(client)[0] > since, 5 * self.lease + 5, "a heartbeat of each")
            since = self._now(client)
            wait_until(lambda: beats(client)[0] > since, 5 * self.lease + 5, "another one")

    def wait_lease_over(self, node: Node) -> None:
        """Until the last heartbeat of `node` is older than the lease."""

        def over(client: redis.Redis) -> bool:
            beats: Any = client.zrange(f"{PREFIX}nodes", 0, -1, withscores=True)
            mine = [float(score) for member, score in beats if member.startswith(f"{node.name}/")]
            return bool(mine) and self._now(client) - max(mine) > 1000 * self.lease

        with self.client() as client:
            wait_until(lambda: over(client), 5 * self.lease + 5, f"the lease of {node.name} is over")

    def wait_reaped(self, node: Node) -> None:
        """Until nothing of what `node` held when it died waits for its end. It must be dead."""

        def gone(client: redis.Redis) -> bool:
            beats: Any = client.zrange(f"{PREFIX}nodes", 0, -1)
            return not any(member.startswith(f"{node.name}/") for member in beats)

        with self.client() as client:
            wait_until(lambda: gone(client), 5 * self.lease + self.grace + 20, f"{node.name} is reaped")

    @staticmethod
    def _now(client: redis.Redis) -> int:
        """Redis's clock, ms."""
        seconds, micros = client.time()
        return int(seconds) * 1000 + int(micros) // 1000

    def presence(self) -> dict[str, str]:
        """What an operator sees: nickname -> "n1 here"."""
        with self.client() as client:
            found: dict[str, str] = client.hgetall(f"{PREFIX}presence")
            return found

    def said_in(self, room: str) -> list[tuple[str, str]]:
        """(session, n) of each message in the room's log, as Redis holds it."""
        with self.client() as client:
            entries: Any = client.xrange(f"{PREFIX}room:{room}:log")
        fields = [entry for _, entry in entries if entry["kind"] == "message"]
        return [(entry["session"], entry["n"]) for entry in fields]

    def report(self) -> str:
        """The ends of all logs, for a failed test."""
        return "\n".join(f"--- {process.name}\n{process.tail()}" for process in self.processes)
