"""What connections and verbs need of their node."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.seam import ClusterSeam, Health
from node.addresses import Addresses
from node.admission import Admission
from node.bans import Bans, Doorstep
from node.certificate import Certificate
from node.deliverer import Deliverer
from node.gate import Gate
from node.hands import Hands
from node.limited import Limited
from node.logs import Log
from node.metrics import Metrics
from node.pressure import Pressure
from node.registry import Registry
from node.rooms import Rooms
from node.roster import Roster
from node.session import Session
from node.settings import NodeSettings
from node.standing import DRAINING, Standing
from node.takeover import Doubt
from node.trace import Trace
from node.vault import Vault
from node.workers import Workers


@dataclass(frozen=True, slots=True)
class House:
    """One node's parts. Each says which threads may call it."""

    settings: NodeSettings
    cluster: ClusterSeam
    rooms: Rooms
    registry: Registry
    roster: Roster
    deliverer: Deliverer
    standing: Standing
    metrics: Metrics
    log: Log
    admission: Admission
    hands: Hands
    workers: Workers
    bans: Bans
    doorstep: Doorstep
    limited: Limited
    pressure: Pressure
    addresses: Addresses
    gate: Gate
    vault: Vault
    trace: Trace | None = None
    certificate: Certificate | None = None

    def others(self) -> list[str]:
        """Addresses of the other nodes that live and stay."""
        return [
            info.address
            for info in self.cluster.nodes()
            if info.alive and info.address and info.node != self.settings.id and info.state != DRAINING
        ]

    def room_elsewhere(self) -> bool:
        """Whether another node takes newcomers, as of our last heartbeat."""
        ours = self.settings.id
        return any(info.alive and info.node != ours and info.state == Health.SERVING for info in self.cluster.nodes())

    def doubt(self, session: Session) -> None:
        """Asks whether `session` is still ours, and lets its connection go if not. Never blocks."""
        self.workers.schedule(Doubt(session, self.registry, self.cluster.leave))
