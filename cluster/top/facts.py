"""One reading of the cluster after the other: Redis, and what the nodes show."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Protocol

import redis

from cluster.operator import read
from cluster.operator.connect import connect
from cluster.operator.errors import RedisUnreachable
from cluster.operator.read import NodeRow, RoomRow, SessionRow
from cluster.top import people
from cluster.top.people import RoomDetail, Store
from cluster.top.rates import Sample
from cluster.top.scrape import scrape

REDIS_WITHIN = 2.0
NODE_WITHIN = 1.0
AT_ONCE = 16
"""Nodes that are asked at a time."""
REST = 9
"""Long lists are read again after so many times as long as reading them took: looking must not become a load."""
NODES, ROOMS, USERS = "nodes", "rooms", "users"


@dataclass(frozen=True, slots=True)
class Want:
    """What is on the screen: a view, and of the room whose details are open the name."""

    view: str = NODES
    room: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """`at`: monotonic seconds; `error`: why Redis can't be read ('': it can); then `nodes` are the last that were
    known. `samples` and `silent` (why it gave none) by `key_of`. `rooms` and `users` (None: not wanted) were read
    at `listed`; `waiting`: session -> what it has not acknowledged."""

    at: float
    error: str = ""
    store: Store | None = None
    nodes: tuple[NodeRow, ...] = ()
    samples: Mapping[str, Sample] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    listed: float = 0.0
    rooms: tuple[RoomRow, ...] | None = None
    users: tuple[SessionRow, ...] | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    room: RoomDetail | None = None


def key_of(row: NodeRow) -> str:
    """A node's run, as Redis names it."""
    return f"{row.node}/{row.boot}"


class Source(Protocol):
    """Where readings come from. One thread."""

    def read(self, want: Want) -> Reading: ...

    def close(self) -> None: ...


class Facts:
    """Of a real cluster. `read` and `close`: one thread."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._prefix = url, prefix
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="top-ask")
        self._asked: dict[str, Future[Sample]] = {}
        self._last = Reading(0.0)
        self._lists: dict[str, tuple[float, float, Reading]] = {}

    def read(self, want: Want) -> Reading:
        """Blocks for a few seconds at most. Raises BadSetting; that Redis is away is part of the reading."""
        try:
            with connect(self._url, REDIS_WITHIN) as client:
                found = self._of_redis(client, want)
        except RedisUnreachable as error:
            found = replace(self._last, error=_why(error), store=None, room=None)
        samples, silent = self._ask(found.nodes)
        self._last = replace(found, at=time.monotonic(), samples=samples, silent=silent)
        return self._last

    def close(self) -> None:
        """Waits for nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _of_redis(self, client: redis.Redis, want: Want) -> Reading:
        rows = tuple(read.nodes(client, self._prefix))
        found = Reading(0.0, store=people.store(client, self._prefix), nodes=rows)
        if want.view in (ROOMS, USERS):
            found = self._with_list(client, want.view, found)
        if want.room:
            found = replace(found, room=people.room(client, self._prefix, want.room))
        return found

    def _with_list(self, client: redis.Redis, view: str, found: Reading) -> Reading:
        began = time.monotonic()
        due, listed, last = self._lists.get(view, (0.0, 0.0, found))
        if began >= due:
            last = self._list(client, view)
            listed = time.monotonic()
            self._lists[view] = listed + REST * (listed - began), listed, last
        return replace(found, listed=listed, rooms=last.rooms, users=last.users, waiting=last.waiting)

    def _list(self, client: redis.Redis, view: str) -> Reading:
        if view == ROOMS:
            return Reading(0.0, rooms=tuple(read.rooms(client, self._prefix)))
        users = read.sessions(client, self._prefix)
        return Reading(0.0, users=tuple(users), waiting=people.waiting(client, self._prefix, users))

    def _ask(self, rows: tuple[NodeRow, ...]) -> tuple[dict[str, Sample], dict[str, str]]:
        """Asks all that live at once. One that still owes the last answer is not asked again meanwhile."""
        asked: dict[str, Future[Sample]] = {}
        for row in rows:
            if row.alive and row.http:
                before = self._asked.get(key_of(row))
                late = before is not None and not before.done()
                asked[key_of(row)] = before if late and before else self._pool.submit(scrape, row.http, NODE_WITHIN)
        self._asked = asked
        wait(asked.values(), NODE_WITHIN + 0.2)
        samples: dict[str, Sample] = {}
        silent: dict[str, str] = {}
        for key, future in asked.items():
            answer = _outcome(future)
            if isinstance(answer, Sample):
                samples[key] = answer
            else:
                silent[key] = answer
        return samples, silent


def _why(error: RedisUnreachable) -> str:
    """Without the address, which stands on the screen anyway."""
    return str(error.__cause__ or error.message)


def _outcome(future: Future[Sample]) -> Sample | str:
    if not future.done():
        return "it does not answer in time"
    try:
        return future.result()
    except OSError as error:
        return str(error) or type(error).__name__
