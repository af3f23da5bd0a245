"""The sockets by which clients come, and how one that came is set."""

from __future__ import annotations

import socket

from node.settings import NodeSettings, binding
from wire import Address

BACKLOG = 4096
"""Of connections that the kernel holds for us; it allows as many as `net.core.somaxconn` says."""
_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))


def open_doors(settings: NodeSettings) -> tuple[socket.socket, socket.socket | None]:
    """The sockets for clients, and for balancers if they have one of their own. Raises CantBind."""
    with binding("listen", settings.listen):
        sock = listen(settings.listen)
    if settings.listen_proxy is None:
        return sock, None
    try:
        with binding("listen-proxy", settings.listen_proxy):
            return sock, listen(settings.listen_proxy)
    except BaseException:  # Ctrl-C here too must not leave the first one bound; it is raised on
        sock.close()
        raise


def listen(address: Address) -> socket.socket:
    """A socket bound to `address`. Raises OSError (in use, not ours)."""
    family, kind, protocol, _, resolved = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(resolved)
        sock.listen(BACKLOG)
    except BaseException:  # whatever it is, the caller will never have the socket to close it; it is raised on
        sock.close()
        raise
    return sock


def reachable(address: Address, host: str = "") -> Address:
    """Where others find what is bound to `address`: a wildcard is no place to go to. `host`: ours, if known."""
    wildcard = address.host in ("0.0.0.0", "::")
    return Address(host or socket.gethostname(), address.port) if wildcard else address


def tune(sock: socket.socket) -> None:
    """What is sent goes out at once, and who is gone without a word is found. Raises OSError: it is gone."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in _KEEPALIVE:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
