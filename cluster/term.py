"""R5: which life of the Redis data this node believes in.

Written by the publisher's thread alone; read by all. Each field is replaced whole, so that no lock is
needed: who reads the former value runs into `recover`, which is what that answer is for.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cluster.settings import ClusterSettings


def new_boot() -> str:
    return secrets.token_hex(4)


def new_nonce() -> str:
    """The changing part of a term, and the epoch of all its logs: short, since every frame carries it."""
    return secrets.token_hex(4)


@dataclass(slots=True)
class Standing:
    """What this node is and believes: its boot, and the term that it has re-claimed its sessions in."""

    settings: ClusterSettings
    boot: str
    term: str = ""
    registered: str = ""  # the boot that may beat in this term: an unregistered one's beat counts as late

    @property
    def is_registered(self) -> bool:
        return self.registered == self.boot

    @property
    def name(self) -> str:
        return f"{self.settings.node}/{self.boot}"

    @property
    def server(self) -> str:
        """Run id and replication id of the term, or ''."""
        return self.term.rpartition(":")[0]

    @property
    def epoch(self) -> str:
        return self.term.rpartition(":")[2]

    def arguments(self, term: str | None = None) -> list[str | int]:
        """The first arguments of each script. `term`: another than this one."""
        settings = self.settings
        lease, grace = int(settings.lease * 1000), int(settings.grace * 1000)
        return [self.term if term is None else term, self.name, lease, grace, settings.retain]
