"""The list of nodes, as Redis tells it with each heartbeat."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.link import Reply
from cluster.types import NodeInfo


def told_nodes(reply: Sequence[Reply], lease: float) -> list[NodeInfo]:
    """All boots that are alive or still have sessions, by name. `reply`: of the script, from its time on; `lease`:
    seconds."""
    now, told = int(reply[0]), reply[1:]
    found = [
        _node(name.decode(), row, (now - float(score)) / 1000, lease)
        for name, score, row in zip(told[::3], told[1::3], told[2::3], strict=True)
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
