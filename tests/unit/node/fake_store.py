"""What Redis would hold, in memory."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Protocol

from cluster.seam import ClusterEvents
from cluster.types import (
    Entry,
    Name,
    Position,
    Published,
)
from tests.unit.node.fake_rights import FakeRights


class Node(Protocol):
    """A node that hears what is published."""

    node: str
    events: ClusterEvents | None

    def hear(self, entry: Entry) -> None: ...


@dataclass
class Row:
    """A session."""

    session: str
    claim: str
    name: Name
    token: str
    node: Node
    n: int = 0
    rooms: list[str] = field(default_factory=list)
    away: bool = False
    outcomes: dict[int, Published | str] = field(default_factory=dict)
    acknowledged: int = 0
    parted: dict[str, Position] = field(default_factory=dict)
    gone: str | None = None
    client: str = ""
    owner: str = ""
    open: list[str] = field(default_factory=list)


@dataclass
class Store:
    """What Redis would hold. One lock for all."""

    epoch: str = "E1"
    logs: dict[str, list[Entry]] = field(default_factory=dict)
    forks: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    nicks: dict[str, str] = field(default_factory=dict)
    ahead: defaultdict[str, tuple[int, int]] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))
    addresses: dict[str, tuple[int, int]] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    rights: FakeRights = field(default_factory=FakeRights)
    accounts: dict[str, str] = field(default_factory=dict)  # nickname as compared -> hash
    formers: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def is_proof(self, mapped: str, proof: str) -> bool:
        """Whether it opens the nickname; "": it needs none."""
        return proof == self.accounts.get(mapped, "") or (proof != "" and proof == self.formers.get(mapped))

    def append(self, log: str, kind: str, session: str, n: int, nick: str, text: str, *, late: bool = False) -> Entry:
        with self.lock:
            entries = self.logs.setdefault(log, [])
            entry = Entry(log, self.epoch, len(entries) + 1, 1700000000000, kind, session, n, nick, text, late=late)
            entries.append(entry)
            for node in self.nodes:
                node.hear(entry)
            return entry

    def top(self, log: str) -> Position:
        with self.lock:
            return Position(self.epoch, len(self.logs.setdefault(log, [])))

    def rewind(self, epoch: str, lost: dict[str, int]) -> None:
        """Redis came back with an older state: `lost` entries of each log are gone, all logs have a new epoch."""
        with self.lock:
            for log, entries in self.logs.items():
                del entries[len(entries) - lost.get(log, 0) :]
                # An older state knows of no fork beyond its top.
                forks = self.forks.setdefault(log, {})
                forks[self.epoch] = len(entries)
                self.forks[log] = {name: min(fork, len(entries)) for name, fork in forks.items()}
            self.epoch = epoch
