"""Who may come in at all: the same at all nodes of a cluster, told in each one's heartbeat."""

from __future__ import annotations

import ipaddress

from cluster.addresses import host_of

OPEN, REGISTERED, PASSWORD = "open", "registered", "password"
ACCESS = (OPEN, REGISTERED, PASSWORD)
"""Everybody; who has a registered nickname; or who has that, or knows the one password of the cluster."""
_NETWORK = 64
"""Bits of an IPv6 address that its owner does not choose himself."""


def tries_of(peer: str) -> str:
    """Under which name the tries of a client at `peer` (HOST:PORT) are counted. Pure; any thread."""
    address = host_of(peer)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), _NETWORK), strict=False).network_address)
    return peer if address is None else str(address)
