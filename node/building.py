"""How the parts of a node are put together."""

from __future__ import annotations

from cluster.seam import ClusterSeam
from node.addresses import Addresses
from node.admission import Admission
from node.apart import Apart
from node.bans import Bans, Doorstep
from node.certificate import Certificate
from node.deliverer import Deliverer
from node.gate import Gate
from node.gauges import Gauges
from node.hands import Hands
from node.house import House
from node.limited import Limited
from node.logs import Log
from node.metrics import Metrics
from node.pressure import Pressure
from node.registry import Registry
from node.rooms import Rooms
from node.roster import Roster
from node.settings import NodeSettings
from node.sources import Sources
from node.standing import Standing
from node.trace import Trace
from node.vault import Vault
from node.version import version
from node.workers import Workers


def build(
    settings: NodeSettings,
    log: Log,
    cluster: ClusterSeam,
    standing: Standing,
    metrics: Metrics,
    workers: Workers,
    certificate: Certificate | None,
) -> House:
    """Nothing of it runs yet."""
    limited = Limited(metrics.limited, log)
    trace = Trace(log) if settings.log_level == "debug" else None
    house = House(
        settings=settings,
        cluster=cluster,
        rooms=Rooms(cluster.read, cluster, workers, metrics, trace),
        registry=Registry(),
        roster=Roster(settings, Sources(settings.exempt)),
        deliverer=Deliverer(),
        standing=standing,
        metrics=metrics,
        log=log,
        admission=Admission(settings.hellos, settings.hello_line, metrics),
        hands=Hands(settings.hellos),
        workers=workers,
        trace=trace,
        bans=Bans(),
        doorstep=Doorstep(),
        limited=limited,
        pressure=Pressure(settings, limited),
        certificate=certificate,
        addresses=Addresses(settings, cluster),
        gate=Gate(settings, cluster),
        vault=Vault(lambda: Apart(log)),
    )
    metrics.look_at(Gauges(house, version()))
    standing.is_full, standing.room_elsewhere = house.pressure.is_full, house.room_elsewhere
    return house
