"""What a Redis takes of what publishers say if nobody does anything else: what `redis-benchmark` would find, if it
could count n up.

In it: the script and its commands as nodes build them; one connection for each of two nodes; as many messages
unanswered as the publishers have in all, one of each session in a run of the script (a node takes up to 64 as they
come); every write on disk before it is answered; two connections that have subscribed to all rooms, as the nodes have.
Not in it: clients, JSON, threads, heartbeats; replies are counted, not read. At the end the sessions' n are looked at:
all was taken.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from typing import Protocol

from benchmarks.stage import Cast, check, furnished
from cluster.calls import Argument
from cluster.keys import Keys
from cluster.link import Command
from cluster.settings import DEFAULT_PREFIX, INBOX_LIMIT
from drill.bench.measured import Measured, Meter
from drill.bench.member import Counted
from drill.bench.peer import Places
from drill.processes.ports import HOST
from drill.processes.redis_server import RedisProcess

READ = 1 << 18
PLACE = b"NNNNNNNN"
"""Where n goes into a run that is made once: eight digits, since the protocol says the length of each word."""


class Connection(Protocol):
    sock: socket.socket

    def ready(self) -> None: ...


class Speaker:
    """One node's connection. `runs`: of the script, unanswered at any time. `said`: runs that are answered."""

    def __init__(self, address: tuple[str, int], cast: Cast, runs: int, size: int) -> None:
        assert cast.roles
        self.cast = cast
        self.sock = socket.create_connection(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.n = self.said = self._stars = 0
        self._run = packed(cast.caller.command("publish", [INBOX_LIMIT, *_said(cast, "x" * size)]))
        self._runs = runs

    def begin(self) -> None:
        for _ in range(self._runs):
            self._say()

    def ready(self) -> None:
        # Each reply is an array of one for each session; nothing in them but this has a star.
        self._stars += self.sock.recv(READ).count(b"*")
        each = len(self.cast.roles) + 1
        while self._stars >= each:
            self._stars -= each
            self.said += 1
            self._say()

    def _say(self) -> None:
        self.n += 1
        self.sock.sendall(self._run.replace(PLACE, b"%0*d" % (len(PLACE), self.n)))


class Listener:
    """Subscribed to `rooms`; drops what comes."""

    def __init__(self, address: tuple[str, int], rooms: Sequence[str]) -> None:
        keys = Keys(DEFAULT_PREFIX)
        self.sock = socket.create_connection(address)
        self.sock.sendall(packed(["SUBSCRIBE", *(keys.log(room) for room in rooms)]))
        self._buffer = bytearray(READ)

    def ready(self) -> None:
        self.sock.recv_into(self._buffer)


def ceiling(redis: RedisProcess, places: Places, window: int, size: int, warm_up: float, seconds: float) -> Measured:
    """`redis`: running, empty. Each of the publishers of `places` has `window` messages unanswered. Raises OSError,
    ClusterError, AssertionError if not all was taken."""
    address = (HOST, redis.port)
    casts = furnished(redis.url, places)
    speakers = [Speaker(address, cast, window, size) for cast in casts]
    rooms = sorted({room for number in range(places.connections) for room in places.of(number)})
    listeners = [Listener(address, rooms) for _ in casts]
    connections: list[Connection] = [*speakers, *listeners]
    with selectors.DefaultSelector() as selector:
        for each in connections:
            selector.register(each.sock, selectors.EVENT_READ, each)
        for speaker in speakers:
            speaker.begin()
        _live(selector, warm_up)
        before, meter = _count(speakers), Meter([redis])
        _live(selector, seconds)
        spent, counted = meter.read(), _count(speakers) - before
    for each in connections:
        each.sock.close()
    check(redis.url, {speaker.cast: (speaker.said, speaker.n) for speaker in speakers})
    return Measured(Counted(counted, 0, spent.seconds), spent.servers, spent.load)


def packed(command: Command) -> bytes:
    """As the Redis protocol has it."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _said(cast: Cast, text: str) -> list[Argument]:
    """What each of them says, in the order of publish.lua's arguments."""
    said = ((role.session, role.claim, PLACE, role.room, text, "", "", "", 20) for role in cast.roles)
    return [word for each in said for word in each]


def _live(selector: selectors.BaseSelector, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for key, _ in selector.select(0.05):
            connection: Connection = key.data
            connection.ready()


def _count(speakers: Sequence[Speaker]) -> int:
    return sum(speaker.said * len(speaker.cast.roles) for speaker in speakers)
