"""Where clients come from, as limits count it. Pure; any thread."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network

from cluster.addresses import host_of, network

ONE_HOLDER = 64
"""Bits of an IPv6 address that one holder shares: he has all that begin so, so they count as one."""


class Sources:
    """Some networks (`192.0.2.0/24`). Raises ValueError, which names the bad one."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [network(text) for text in networks]

    def __contains__(self, peer: str) -> bool:
        """Whether `HOST:PORT` is in one of them."""
        host = host_of(peer)
        return host is not None and any(host.version == net.version and host in net for net in self._networks)


def source_of(peer: str) -> str:
    """By what the limits per address count `HOST:PORT`: an IPv4 address, or the /64 of an IPv6 one."""
    host = host_of(peer)
    if isinstance(host, IPv6Address):
        return str(IPv6Network((host, ONE_HOLDER), strict=False))
    return peer if host is None else str(host)
