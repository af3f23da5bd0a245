"""What `up` is going to start, as data: ports, command lines, the order of stopping."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from cluster.login import Login, shows_password, with_login
from cluster.operator.url import REDIS_OFFSET, local_url

HOST = "127.0.0.1"
HTTP_OFFSET, PROXY_OFFSET = 100, 200
MOST_NODES = REDIS_OFFSET - 1  # P+1 … P+98: the next port is that of Redis
GROUP, OF_A_GROUP = "mymaster", 3
MOST_BESIDE_A_GROUP = REDIS_OFFSET - 2 * OF_A_GROUP  # servers and sentinels have the ports down from P+99


@dataclass(frozen=True, slots=True)
class Spec:
    """One process. `stop_group`: lower ones stop first; `stop_within`: seconds between the polite
    signal and SIGKILL; `speaks_json`: its stderr is a node's log, one JSON object a line; `may_leave`: exit
    code 0 says that it was ordered to go, so that it is not started again unasked; `rest`: seconds at least until it is
    started again; `environment`: more variables, for what `ps` must not show."""

    name: str
    argv: tuple[str, ...]
    stop_group: int
    stop_within: float = 10.0
    speaks_json: bool = False
    may_leave: bool = False
    rest: float = 0.0
    environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of one `up`. `redis`: URL of a Redis elsewhere, or None to start one, as a Sentinel group if
    `group`, which asks for `password`, if there is one; `balancer`, `server`: program to run, or None; `tuning`: more
    flags for each node; `tls`: whether clients speak it."""

    base_port: int
    nodes: int
    data: Path
    redis: str | None = field(default=None, repr=False)
    server: str | None = None
    balancer: str | None = None
    tuning: tuple[str, ...] = field(default=())
    group: bool = False
    password: str = field(default="", repr=False)
    tls: bool = False

    @property
    def redis_url(self) -> str:
        """The Redis that the nodes use."""
        if self.redis or not self.group:
            return self.redis or with_login(local_url(self.base_port), Login(password=self.password))
        sentinels = ",".join(f"{HOST}:{self.sentinel_port(number)}" for number in range(1, OF_A_GROUP + 1))
        return f"redis+sentinel://{sentinels}/{GROUP}/0"

    @property
    def redis_folders(self) -> list[Path]:
        """Where the servers that we start keep their data."""
        names = [f"redis{number}" for number in range(1, OF_A_GROUP + 1)] if self.group else ["redis"]
        return [self.data / name for name in names]

    @property
    def users_file(self) -> Path:
        """Settings of our own Redis that are not for its command line."""
        return self.data / "redis" / "users.conf"

    @property
    def unused_history(self) -> Path | None:
        """What was said with the other kind of Redis, while there is nothing of this kind yet."""
        other = replace(self, group=not self.group).redis_folders[0]
        return other if other.exists() and not self.redis_folders[0].exists() else None

    @property
    def node_numbers(self) -> range:
        return range(1, self.nodes + 1)

    def node_port(self, number: int) -> int:
        return self.base_port + number

    def http_port(self, number: int) -> int:
        return self.base_port + HTTP_OFFSET + number

    def proxy_port(self, number: int) -> int:
        """Where the balancer connects to that node, and tells where clients come from."""
        return self.base_port + PROXY_OFFSET + number

    @property
    def redis_port(self) -> int:
        return self.base_port + REDIS_OFFSET

    def group_port(self, number: int) -> int:
        """Of one of the servers of a group; of the first it is that of a single one."""
        return self.redis_port - (number - 1)

    def sentinel_port(self, number: int) -> int:
        return self.redis_port - OF_A_GROUP - (number - 1)

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
            if self.balancer:
                yield self.proxy_port(number), f"what the balancer sends to node n{number}"
        if self.redis is None and not self.group:
            yield self.redis_port, "Redis"
        for number in range(1, OF_A_GROUP + 1) if self.group else ():
            yield self.group_port(number), f"Redis server redis{number}"
            yield self.sentinel_port(number), f"sentinel{number}"


def node_spec(plan: Plan, number: int) -> Spec:
    """A chat node. Explicit flags only: nothing it does may depend on our environment. But for a URL with a password:
    that comes by a variable, since `ps` shows flags to all."""
    name = f"n{number}"
    flags = {
        "--id": name,
        "--listen": f"{HOST}:{plan.node_port(number)}",
        "--http": f"{HOST}:{plan.http_port(number)}",
        "--redis": plan.redis_url,
        "--log-format": "json",
    }
    hidden = (("HYDRACHAT_REDIS", flags.pop("--redis")),) if shows_password(plan.redis_url) else ()
    if plan.balancer:
        flags |= {"--listen-proxy": f"{HOST}:{plan.proxy_port(number)}", "--proxy-from": HOST}
    words = [word for pair in flags.items() for word in pair]
    # -P: a folder named `node` where `up` was started must not be taken for ours.
    argv = (sys.executable, "-P", "-m", "node", *words, *plan.tuning)
    return Spec(name, argv, 0, 10.0, speaks_json=True, may_leave=True, environment=hidden)


def program(plan: Plan) -> str:
    """Raises ValueError where no Redis server is to be started."""
    if plan.server is None:
        raise ValueError("no Redis server to start")
    return plan.server


def redis_spec(plan: Plan) -> Spec:
    """Redis with every write on disk before it is acknowledged. Needs `plan.server`."""
    flags = redis_flags(plan.redis_port, plan.data / "redis")
    words = [word for pair in flags.items() for word in pair]
    file = [str(plan.users_file)] if plan.password else []
    # No snapshots beside the append-only file: it holds everything already.
    return Spec("redis", (program(plan), *file, *words, "--save", ""), 2, 8.0)


def redis_flags(port: int, folder: Path) -> dict[str, str]:
    """Of each server that we start."""
    return {
        "--port": str(port),
        "--bind": HOST,
        "--dir": str(folder),
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--daemonize": "no",
        "--supervised": "no",
        "--maxmemory-policy": "noeviction",
    }


def balancer_spec(plan: Plan, config: Path) -> Spec:
    """HAProxy in the foreground on `config`. Needs `plan.balancer`."""
    if plan.balancer is None:
        raise ValueError("no balancer to start")
    # SIGUSR1 would wait for the last client to leave; SIGTERM leaves at once.
    return Spec("balancer", (plan.balancer, "-db", "-f", str(config)), 1, 3.0)
