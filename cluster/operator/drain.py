"""Telling a node to drain, and watching it go. Main thread; blocks until it is gone or has failed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import redis

from cluster import drains
from cluster.operator import read
from cluster.operator.errors import Failed
from cluster.operator.read import NodeRow

LOOK_EVERY = 0.2
ANSWER_WITHIN = 10.0
"""Seconds that a node may take to ask the others whether they are ready, and to say what it will do."""
DRAINING = "draining"
Say = Callable[[str], None]


def drain(client: redis.Redis, prefix: str, node: str, over: float | None, force: bool, say: Say) -> NodeRow:
    """Has `node` drained; returns its last row once it has signed off. `over`: seconds over which its clients
    move, None: its own choice; `say` gets a line for each step. Raises Failed: it isn't there, doesn't hear,
    refuses, or died on the way."""
    row = living(client, prefix, node)
    watch, order = _Watch(client, prefix, row), secrets.token_hex(4)
    db: Any = client
    if not db.publish(f"{prefix}node:{row.node}/{row.boot}", drains.payload(order, over, force)):
        raise Failed(f"{node} does not hear what is published in Redis; stop its process with SIGTERM instead")
    row = _answered(watch, row, order)
    say(f"{node} is draining, {clients(row)} to move")
    return _gone(watch, row, say)


def living(client: redis.Redis, prefix: str, node: str) -> NodeRow:
    """The row of a node that lives. Raises Failed."""
    rows = [row for row in read.nodes(client, prefix) if row.alive]
    for row in rows:
        if row.node == node:
            return row
    known = ", ".join(row.node for row in rows) or "none"
    raise Failed(f"no node {node} is up; up are: {known}")


def clients(row: NodeRow) -> str:
    """How many clients it has, in words."""
    return f"{row.clients} client{'' if row.clients == 1 else 's'}"


class _Watch:
    """A node's row, as long as its process is there. Redis may lose its data meanwhile: then the row comes back, and
    its absence means nothing before the nodes have had a lease for that."""

    def __init__(self, client: redis.Redis, prefix: str, row: NodeRow) -> None:
        self._client, self._prefix = client, prefix
        self._process = _process(row)
        self._term = self._terms()[0]

    def look(self) -> NodeRow | None:
        """Its row now, under whatever boot; None: it has signed off. Blocks while that can't be told."""
        while True:
            rows = read.nodes(self._client, self._prefix)
            if found := next((row for row in rows if _process(row) == self._process), None):
                return found
            term, age = self._terms()
            same = term == self._term
            if (same and self._is_its_server()) or (not same and term and age > self._lease()):
                return None
            time.sleep(LOOK_EVERY)

    def answer(self, row: NodeRow) -> str:
        """What it said last to an order."""
        db: Any = self._client
        return str(db.hget(f"{self._prefix}node:{row.node}/{row.boot}", "drain") or "")

    def _lease(self) -> float:
        return read.lease(self._client, self._prefix)

    def _is_its_server(self) -> bool:
        """Whether the data are those of the present term's life (the same name as `link.server_identity` gives it). If
        not, as behind a promotion, they may be older than the node's row, and no node has noticed yet."""
        db: Any = self._client
        server = db.hget(self._prefix + "term", "server")
        info = {**db.info("server"), **db.info("replication")}
        return server in (None, f"{info['run_id']}:{info['master_replid']}")

    def _terms(self) -> tuple[str, float]:
        """The term, and for how many seconds it has been there."""
        db: Any = self._client
        term, opened = db.hmget(self._prefix + "term", "term", "opened")
        seconds, micros = db.time()
        return term or "", seconds + micros / 1e6 - read.number(opened) / 1000


def _process(row: NodeRow) -> tuple[str, str, int, str]:
    """The same as long as the node is not started anew; a boot may end earlier."""
    return row.node, row.host, row.pid, row.started


def _answered(watch: _Watch, row: NodeRow, order: str) -> NodeRow:
    deadline = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < deadline:
        now = watch.look()
        answer = watch.answer(now).removeprefix(f"{order} ") if now else ""
        if answer == drains.REFUSED:
            raise Failed(f"{row.node} refused: no other node is ready to take its clients (--force drains it anyway)")
        if (counted := drains.clients_of(answer)) is not None:
            return replace(now or row, clients=counted)
        if now is None or now.state == DRAINING:
            return now or row
        time.sleep(LOOK_EVERY)
    raise Failed(
        f"{row.node} did not answer within {ANSWER_WITHIN:g} s; see its log, or stop it with SIGTERM (if it only "
        "stands still it carries the order out when it goes on)"
    )


def _gone(watch: _Watch, row: NodeRow, say: Say) -> NodeRow:
    while True:
        now = watch.look()
        if now is None:
            say(f"{row.node} has stopped")
            return row
        if not now.alive:
            raise Failed(f"{row.node} was lost while it drained: no heartbeat for {now.age:g} s")
        if now.clients < row.clients:
            say(f"{row.node}: {clients(now)} left")
        row = now
        time.sleep(LOOK_EVERY)
