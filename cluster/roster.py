"""The list of nodes, as Redis has it."""

from __future__ import annotations

from redis.exceptions import RedisError

from cluster.keys import Keys
from cluster.link import Link, Reply
from cluster.mapping import reply_error
from cluster.types import NodeInfo


def read_nodes(link: Link, keys: Keys) -> list[NodeInfo]:
    """All boots that are alive or still have sessions, by name. Raises Unavailable, ClusterError."""
    scores, clock, lease = _checked(
        link.run([["ZRANGE", keys.nodes, 0, -1, "WITHSCORES"], ["TIME"], ["HGET", keys.term, "lease"]])
    )
    now = int(clock[0]) * 1000 + int(clock[1]) // 1000
    names = [name.decode() for name in scores[::2]]
    rows = _checked(link.run([["HGETALL", keys.node(name)] for name in names])) if names else []
    found = [
        _node(name, row, (now - float(score)) / 1000, int(lease or 0) / 1000)
        for name, score, row in zip(names, scores[1::2], rows, strict=True)
    ]
    return sorted(found, key=lambda info: (info.node, info.age))


def _node(name: str, flat: list[bytes], age: float, lease: float) -> NodeInfo:
    row = {flat[i].decode(): flat[i + 1].decode() for i in range(0, len(flat), 2)}
    node, _, boot = name.partition("/")
    return NodeInfo(
        node,
        boot,
        row.get("address", ""),
        row.get("http", ""),
        row.get("state", ""),
        row.get("version", ""),
        int(row.get("clients", 0)),
        age,
        age <= lease,
    )


def _checked(replies: list[Reply]) -> list[Reply]:
    for reply in replies:
        if isinstance(reply, RedisError):
            raise reply_error(reply)
    return replies
