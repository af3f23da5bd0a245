"""Addresses of clients, and networks of them. IPv4 written as IPv6 (`::ffff:192.0.2.1`) is IPv4. Pure; any thread."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Host = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_MAPPED = 96
"""Bits before the IPv4 address in an IPv6 one."""


def network(text: str) -> Network:
    """`192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; bits beyond the length do not matter. Raises ValueError."""
    found = ip_network(text, strict=False)
    inner = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if inner is not None and found.prefixlen >= _MAPPED:
        return IPv4Network((inner, found.prefixlen - _MAPPED))
    return found


def shown(net: Network) -> str:
    """A single address without its length."""
    return str(net.network_address) if net.num_addresses == 1 else str(net)


def host_of(peer: str) -> Host | None:
    """Of `192.0.2.1:5` or `[2001:db8::1]:5`. None: it is none."""
    host = peer.rpartition(":")[0].removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        found = ip_address(host)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
