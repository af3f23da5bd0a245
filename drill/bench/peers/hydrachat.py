"""Ours: two nodes, or another number, and a Redis that syncs each write."""

from __future__ import annotations

import re
import secrets
from functools import partial
from pathlib import Path

from drill.bench.peer import Kind, Places, Quiet, Servers
from drill.bench.standstill import longest_of
from drill.processes import programs
from drill.processes.launcher import Launcher
from drill.processes.node import NodeProcess
from drill.processes.ports import HOST
from drill.processes.redis_server import RedisProcess
from wire.codec import encode
from wire.frames import Hello, Join, Leave, Ping, Say

RETRYABLE = re.compile(rb'"op":"error","code":\d{1,3},')
LAST = 987_654_321
"""The id of what is asked last: its answer comes when all others have come."""


class Native(Quiet):
    """As a bot of the library speaks it: it acknowledges direct messages only, and pings before a heartbeat is over."""

    counts = b'"n":'
    quiet = 2

    def __init__(self, run: int, number: int) -> None:
        super().__init__(run, number)
        self._n = 0

    def enter(self) -> bytes:
        return encode(Hello(nick=self.nick, client="bench", token=secrets.token_urlsafe(16)))

    def entered(self, seen: bytes) -> bool:
        return b'"members"' in seen

    def turned_away(self, seen: bytes) -> bool:
        """A code below 1000 says that the same may be tried again, and before a welcome the node closes then."""
        return b'"op":"welcome"' not in seen and RETRYABLE.search(seen) is not None

    def keep_alive(self) -> bytes:
        return encode(Ping())

    def say(self, text: bytes) -> bytes:
        self._n += 1
        return encode(Say(n=self._n, to="#lobby", text=text.decode()))


class InRooms(Native):
    """In its own rooms and not in the lobby, where each that comes would be told to all. It speaks in them in turn."""

    quiet = 1  # what they take while nobody says anything is taken off: it must be the same while somebody does

    def __init__(self, places: Places, run: int, number: int) -> None:
        super().__init__(run, number)
        self._rooms = places.of(number)
        self._asked = False

    def entered(self, seen: bytes) -> bool:
        return b'"id":%d' % LAST in seen

    def next(self, seen: bytes) -> bytes:
        if self._asked or not super().entered(seen):
            return b""
        self._asked = True
        return b"".join(encode(Join(room=room)) for room in self._rooms) + encode(Leave(room="#lobby", id=LAST))

    def say(self, text: bytes) -> bytes:
        room = self._rooms[self._n % len(self._rooms)]
        self._n += 1
        return encode(Say(n=self._n, to=room, text=text.decode()))


def servers(folder: Path, launcher: Launcher, count: int = 2) -> Servers:
    redis = RedisProcess(programs.redis_server(), "redis", folder / "redis", launcher=launcher)
    names = [f"n{number + 1}" for number in range(count)]
    nodes = [NodeProcess(name, redis.url, folder / name, (), launcher=launcher) for name in names]
    return Servers([(HOST, node.port) for node in nodes], [redis, *nodes], stood_still=longest_of(redis))


HYDRACHAT = Kind(Native, servers, InRooms)
OF_ONE, OF_THREE = (Kind(Native, partial(servers, count=count), InRooms) for count in (1, 3))
