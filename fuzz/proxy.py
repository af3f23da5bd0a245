"""Bytes -> the header of a balancer, read as a node reads it."""

from __future__ import annotations

from ipaddress import ip_address

from fuzz.steps import bounded
from node.proxy import MOST_V1, MOST_V2, BadProxy, begins, missing, source

PER_BYTE = 400
"""Steps: a checksum looks at each byte, once for each addition that is one."""


def proxy(data: bytes) -> None:
    """No error but BadProxy; no byte behind the header is asked for; an address that is told is one."""
    bounded(lambda: _read(data), len(data), PER_BYTE)


def _read(data: bytes) -> None:
    at = 0
    try:
        while (wanted := missing(data[:at])) and at < len(data):
            assert 0 < wanted <= MOST_V2
            at = min(at + wanted, len(data))
        if missing(data[:at]):
            return  # the connection ended within it
        header = data[:at]
        assert begins(header)
        assert len(header) <= (MOST_V1 if header.startswith(b"PROXY") else MOST_V2)
        found = source(header)
    except BadProxy as error:
        assert str(error)
        assert str(error).isprintable()
        return
    if found is not None:
        assert str(ip_address(found.host)) == found.host
        assert 0 <= found.port <= 65535
