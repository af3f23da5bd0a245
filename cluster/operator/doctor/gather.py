"""Reads all facts, once."""

from __future__ import annotations

from typing import Any

import redis

from cluster.operator import read
from cluster.operator.doctor import boots, census, server
from cluster.operator.doctor.facts import DataFacts, Facts, NodeFacts, TermFacts
from cluster.operator.doctor.script import Mender
from cluster.operator.doctor.suspects import suspects

DEFAULT_GRACE = 30.0


def gather(client: redis.Redis, url: str, prefix: str) -> Facts:
    """Reads, and writes nothing. Raises redis.RedisError."""
    nodes = boots.read(client, prefix)
    term = _term(client, prefix, nodes)
    return Facts(prefix, server.read(client, url, prefix), term, nodes, _data(client, prefix, term))


def _term(client: redis.Redis, prefix: str, nodes: NodeFacts) -> TermFacts:
    db: Any = client
    info = {**db.info("server"), **db.info("replication")}
    return TermFacts(
        term=db.hgetall(prefix + "term"),
        schema=read.number(db.get(prefix + "schema")),
        now=read.now_ms(client),
        server=f"{info['run_id']}:{info['master_replid']}",
        lease=read.lease(client, prefix),
        grace=_grace(nodes),
        healing=sorted(db.smembers(prefix + "healing")),
        ghosts=sorted(db.smembers(prefix + "ghosts")),
    )


def _grace(nodes: NodeFacts) -> float:
    """As the nodes have it; in seconds."""
    told = [float(boot.settings["grace"]) for boot in nodes.boots if "grace" in boot.settings]
    return max(told, default=DEFAULT_GRACE)


def _data(client: redis.Redis, prefix: str, term: TermFacts) -> DataFacts:
    found = census.take(client, prefix)
    epoch = term.term.get("term", "").rpartition(":")[2]
    wrong = Mender(client, prefix, term).confirmed(suspects(found, epoch))
    return DataFacts(found.keys, len(found.sessions), wrong, found.spoilt)
