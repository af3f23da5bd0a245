"""A node with the real cluster behind it."""

from __future__ import annotations

from cluster.cluster import Cluster
from cluster.operator.login import EXPOSED
from cluster.seam import ClusterEvents, ClusterSeam
from cluster.settings import ClusterSettings
from node.logs import Boot, open_log
from node.main import Node
from node.settings import NodeSettings
from node.version import version


def open_node(settings: NodeSettings) -> Node:
    """Bound to its ports, not started. Raises CantBind."""

    boot = Boot()

    def make_cluster(events: ClusterEvents, address: str, http: str) -> ClusterSeam:
        cluster = Cluster(_for_cluster(settings, address, http), events)
        boot.ask = lambda: cluster.boot
        return cluster

    log = open_log(settings.id, settings.log_format, level=settings.log_level, boot=boot)
    if settings.is_password_exposed:
        log.warning("password_exposed", reason=EXPOSED)
    for name, meant in settings.mistyped:
        log.warning("unknown_variable", reason=f"{name} is no setting; is {meant} meant?")
    return Node(settings, log, make_cluster)


def _for_cluster(settings: NodeSettings, address: str, http: str) -> ClusterSettings:
    return ClusterSettings(
        node=settings.id,
        redis_url=settings.redis,
        prefix=settings.prefix,
        lease=settings.lease,
        grace=settings.grace,
        retain=settings.retain,
        address=address,
        http=http,
        version=version(),
        max_rooms_per_session=settings.max_rooms_per_session,
        max_members=settings.max_members,
        max_rooms=settings.max_rooms,
        access=settings.access,
    )
