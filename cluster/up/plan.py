"""What `up` is going to start, as data: ports, command lines, the order of stopping."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cluster.operator.url import REDIS_OFFSET, local_url

HOST = "127.0.0.1"
HTTP_OFFSET = 100
MOST_NODES = REDIS_OFFSET - 1  # P+1 … P+98: the next port is that of Redis


@dataclass(frozen=True, slots=True)
class Spec:
    """One process. `stop_group`: lower ones stop first; `stop_within`: seconds between the polite
    signal and SIGKILL; `speaks_json`: its stderr is a node's log, one JSON object a line."""

    name: str
    argv: tuple[str, ...]
    stop_group: int
    stop_within: float = 10.0
    speaks_json: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of one `up`. `redis`: URL of a Redis elsewhere, or None to start one;
    `balancer`, `server`: program to run, or None; `tuning`: more flags for each node."""

    base_port: int
    nodes: int
    data: Path
    redis: str | None = None
    server: str | None = None
    balancer: str | None = None
    tuning: tuple[str, ...] = field(default=())

    @property
    def redis_url(self) -> str:
        """The Redis that the nodes use."""
        return self.redis or local_url(self.base_port)

    @property
    def node_numbers(self) -> range:
        return range(1, self.nodes + 1)

    def node_port(self, number: int) -> int:
        return self.base_port + number

    def http_port(self, number: int) -> int:
        return self.base_port + HTTP_OFFSET + number

    @property
    def redis_port(self) -> int:
        return self.base_port + REDIS_OFFSET

    def entrance(self) -> str:
        """The address to hand to people."""
        return f"{HOST}:{self.base_port if self.balancer else self.node_port(1)}"

    def ports(self) -> Iterator[tuple[int, str]]:
        """Each port that will be listened on, and for what."""
        if self.balancer:
            yield self.base_port, "the balancer"
        for number in self.node_numbers:
            yield self.node_port(number), f"node n{number}"
            yield self.http_port(number), f"the health page of node n{number}"
        if self.redis is None:
            yield self.redis_port, "Redis"


def node_spec(plan: Plan, number: int) -> Spec:
    """A chat node. Explicit flags only: nothing it does may depend on our environment."""
    name = f"n{number}"
    flags = {
        "--id": name,
        "--listen": f"{HOST}:{plan.node_port(number)}",
        "--http": f"{HOST}:{plan.http_port(number)}",
        "--redis": plan.redis_url,
        "--log-format": "json",
    }
    words = [word for pair in flags.items() for word in pair]
    # -P: a folder named `node` where `up` was started must not be taken for ours.
    argv = (sys.executable, "-P", "-m", "node", *words, *plan.tuning)
    return Spec(name, argv, 0, 10.0, speaks_json=True)


def redis_spec(plan: Plan) -> Spec:
    """Redis with every write on disk before it is acknowledged. Needs `plan.server`."""
    if plan.server is None:
        raise ValueError("no Redis server to start")
    flags = {
        "--port": str(plan.redis_port),
        "--bind": HOST,
        "--dir": str(plan.data / "redis"),
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--daemonize": "no",
        "--supervised": "no",
        "--maxmemory-policy": "noeviction",
    }
    words = [word for pair in flags.items() for word in pair]
    # No snapshots beside the append-only file: it holds everything already.
    return Spec("redis", (plan.server, *words, "--save", ""), 2, 8.0)


def balancer_spec(plan: Plan, config: Path) -> Spec:
    """HAProxy in the foreground on `config`. Needs `plan.balancer`."""
    if plan.balancer is None:
        raise ValueError("no balancer to start")
    # SIGUSR1 would wait for the last client to leave; SIGTERM leaves at once.
    return Spec("balancer", (plan.balancer, "-db", "-f", str(config)), 1, 3.0)
