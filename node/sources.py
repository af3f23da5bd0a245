"""Where clients come from, as limits count it. Pure; any thread."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network

from cluster.addresses import host_of, network

ONE_HOLDER = 64
"""Bits of an IPv6 address that one holder shares: he has all that begin so, so they count as one."""
REMEMBERED = 2048
"""Hosts that were looked up last. Who comes again and again must not have his address taken apart each time."""


class Sources:
    """Some networks (`192.0.2.0/24`). Raises ValueError, which names the bad one."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [network(text) for text in networks]
        self._holds = lru_cache(REMEMBERED)(self._look_up)

    def __contains__(self, peer: str) -> bool:
        """Whether `HOST:PORT` is in one of them."""
        return bool(self._networks) and self._holds(peer.rpartition(":")[0])

    def _look_up(self, host: str) -> bool:
        found = host_of(f"{host}:0")
        return found is not None and any(found.version == net.version and found in net for net in self._networks)


def source_of(peer: str) -> str:
    """By what the limits per address count `HOST:PORT`: an IPv4 address, or the /64 of an IPv6 one."""
    return _source_of(peer.rpartition(":")[0]) or peer


@lru_cache(REMEMBERED)
def _source_of(name: str) -> str:
    """'': it is no address."""
    host = host_of(f"{name}:0")
    if isinstance(host, IPv6Address):
        return str(IPv6Network((host, ONE_HOLDER), strict=False))
    return "" if host is None else str(host)
