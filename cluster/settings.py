"""What one node's cluster package must know. Validated by whoever reads them from a person."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PREFIX = "{hydrachat}:"
SCHEMA = 1
INBOX_LIMIT = 1000
ROOMS_LIMIT = 50


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """`lease`, `grace`: seconds. `retain`: entries kept in each room's log. `address`, `http`: where
    others reach this node, as HOST:PORT. `prefix`: of all keys, with the hash tag."""

    node: str
    redis_url: str
    prefix: str = DEFAULT_PREFIX
    lease: float = 5.0
    grace: float = 30.0
    retain: int = 10_000
    address: str = ""
    http: str = ""
    version: str = ""
    access: str = "open"

    @property
    def timeout(self) -> float:
        """Seconds after which an answer of Redis counts as missing: below a third of the lease (R2)."""
        return self.lease * 0.3

    @property
    def beat(self) -> float:
        """Seconds between heartbeats: several fit into a lease, so that one lost one costs nothing."""
        return self.lease / 5
