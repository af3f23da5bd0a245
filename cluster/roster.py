"""The list of nodes, as Redis tells it with each heartbeat."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cluster.link import Reply
from cluster.types import NodeInfo


@dataclass(frozen=True, slots=True)
class Alive:
    """Who was alive at a heartbeat. `boots`: of those who tell when they have brought back what they remember, as
    `<node>/<boot>`; `at`: its time in Redis, ms."""

    ids: Collection[str] = ()
    boots: Collection[str] = ()
    at: int = 0


def alive_of(nodes: Iterable[NodeInfo], at: int) -> Alive:
    """One that leaves and has no session any more has nothing that the others have not."""
    living = [info for info in nodes if info.alive]
    has_left = [info.state == "draining" and not info.clients for info in living]
    boots = [
        f"{info.node}/{info.boot}" for info, left in zip(living, has_left, strict=True) if info.recalls and not left
    ]
    return Alive({info.node for info in living}, boots, at)


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
        row.get("recalls") == "1",
    )
