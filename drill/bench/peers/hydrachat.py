"""Ours: two nodes, or another number, and a Redis that syncs each write."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path

from drill.bench.peer import Kind, Quiet, Servers
from drill.processes import programs
from drill.processes.launcher import Launcher
from drill.processes.node import NodeProcess
from drill.processes.ports import HOST
from drill.processes.redis_server import RedisProcess
from wire.codec import encode
from wire.frames import Hello, Ping, Say


class Native(Quiet):
    """As a bot of the library speaks it: it acknowledges direct messages only, and pings before a heartbeat is over."""

    def __init__(self, run: int, number: int) -> None:
        super().__init__(run, number)
        self._n = 0

    def enter(self) -> bytes:
        return encode(Hello(nick=self.nick, client="bench", token=secrets.token_urlsafe(16)))

    def entered(self, seen: bytes) -> bool:
        return b'"members"' in seen

    def keep_alive(self) -> bytes:
        return encode(Ping())

    def say(self, text: bytes) -> bytes:
        self._n += 1
        return encode(Say(n=self._n, to="#lobby", text=text.decode()))


def servers(folder: Path, launcher: Launcher, count: int = 2) -> Servers:
    redis = RedisProcess(programs.redis_server(), "redis", folder / "redis", launcher=launcher)
    names = [f"n{number + 1}" for number in range(count)]
    nodes = [NodeProcess(name, redis.url, folder / name, (), launcher=launcher) for name in names]
    return Servers([(HOST, node.port) for node in nodes], [redis, *nodes])


HYDRACHAT = Kind(Native, servers)
OF_ONE, OF_THREE = (Kind(Native, partial(servers, count=count)) for count in (1, 3))
