"""Who goes where, and when, if all clients have to leave. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from cluster.types import NodeInfo
from node.standing import DRAINING

Client = TypeVar("Client")


@dataclass(frozen=True, slots=True)
class Target:
    """A node that takes clients. `where`: its address, None: not known; `load`: how many clients it has."""

    where: str | None
    load: int


def candidates(nodes: Sequence[NodeInfo], us: str) -> list[NodeInfo]:
    """Those of `nodes` who live and stay, but for ourselves. Whether they are ready they must be asked."""
    return [info for info in nodes if info.alive and info.node != us and info.state != DRAINING]


def plan(clients: Sequence[Client], targets: Sequence[Target], seconds: float) -> list[tuple[Client, str | None, int]]:
    """(client, where, ms to wait) for each: the emptiest target gets the next one, so that all end up
    as even as they can; evenly paced over `seconds`. Needs a target."""
    loads = [(target.load, turn, target.where) for turn, target in enumerate(targets)]
    heapq.heapify(loads)
    steps = []
    for number, client in enumerate(clients):
        load, turn, where = loads[0]
        heapq.heapreplace(loads, (load + 1, turn, where))
        steps.append((client, where, int(seconds * 1000 * number / len(clients))))
    return steps
