"""The other nodes. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as the others see it. `age`: seconds since its last heartbeat."""

    node: str
    boot: str
    address: str
    http: str
    state: str
    version: str
    clients: int
    age: float
    alive: bool
    recalls: bool = False  # it tells a new term when it has brought back all that it remembers
