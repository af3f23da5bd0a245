"""A node with the real cluster behind it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from cluster.cluster import Cluster
from cluster.seam import ClusterEvents, ClusterSeam
from cluster.settings import ClusterSettings
from node.logs import open_log
from node.main import Node
from node.settings import NodeSettings


def open_node(settings: NodeSettings) -> Node:
    """Bound to its ports, not started. Raises CantBind."""

    def make_cluster(events: ClusterEvents, address: str, http: str) -> ClusterSeam:
        return Cluster(
            ClusterSettings(
                node=settings.id,
                redis_url=settings.redis,
                prefix=settings.prefix,
                lease=settings.lease,
                grace=settings.grace,
                retain=settings.retain,
                address=address,
                http=http,
                version=_version(),
            ),
            events,
        )

    return Node(settings, open_log(settings.id, settings.log_format), make_cluster)


def _version() -> str:
    try:
        return version("hydrachat")
    except PackageNotFoundError:
        return "0"
