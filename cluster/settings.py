"""What one node's cluster package must know. Validated by whoever reads them from a person."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PREFIX = "{hydrachat}:"
SCHEMA = 1
INBOX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """`lease`, `grace`: seconds. `retain`: entries kept in each room's log. `address`, `http`: where
    others reach this node, as HOST:PORT. `prefix`: of all keys, with the hash tag.
    `max_…`: what `join` allows: rooms of one session, members of one room, rooms with members in all."""

    node: str
    redis_url: str
    prefix: str = DEFAULT_PREFIX
    lease: float = 5.0
    grace: float = 30.0
    retain: int = 10_000
    address: str = ""
    http: str = ""
    version: str = ""
    max_rooms_per_session: int = 50
    max_members: int = 50_000
    max_rooms: int = 20_000
    access: str = "open"

    @property
    def timeout(self) -> float:
        """Seconds after which an answer of Redis counts as missing: below a third of the lease (R2)."""
        return self.lease * 0.3

    @property
    def beat(self) -> float:
        """Seconds between heartbeats: several fit into a lease, so that one lost one costs nothing."""
        return self.lease / 5
