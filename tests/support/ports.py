"""Free ports on 127.0.0.1."""

from __future__ import annotations

import random
import socket

# Below the range from which Linux draws the ports of outgoing connections.
LOWEST, HIGHEST = 12_000, 32_000


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A free port, chosen at random."""
    return free_base((0,))


def free_base(offsets: tuple[int, ...] = (0, 1, 2, 3, 99, 101, 102, 103)) -> int:
    """A base port at random such that base + each of `offsets` is free."""
    for _ in range(200):
        base = random.randint(LOWEST, HIGHEST)
        if all(is_free(base + offset) for offset in offsets):
            return base
    raise AssertionError("no free ports")
