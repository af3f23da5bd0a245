"""Addresses without limits of their own: those of the operator's machines, behind which many clients are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.addresses import Network, host_of, network

if TYPE_CHECKING:
    from node.settings import NodeSettings

LOOPBACK: tuple[Network, ...] = (network("127.0.0.0/8"), network("::1"))


def is_exempt(settings: NodeSettings, peer: str) -> bool:
    """Whether no limit by address holds for `HOST:PORT`: it is in `settings.exempt`, or is no address of the net."""
    host = host_of(peer)
    return host is None or any(host.version == net.version and host in net for net in settings.exempt)
