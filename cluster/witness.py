"""What ends each pipeline to a Sentinel group: nothing in it counts until a replica has it as well.

A master that dies takes along what no replica has. So the outcomes are told only after one has acknowledged; while
none does they are unknown, and asked for again on a new connection (R2).
"""

from __future__ import annotations

from collections.abc import Sequence

from redis.exceptions import RedisError

from cluster.errors import Unavailable
from cluster.link import Command, Link


class Witness:
    """`key`: a string that is written for this alone. `timeout`: seconds of the link's for each answer."""

    def __init__(self, link: Link, key: str, timeout: float) -> None:
        self._link = link
        wait = max(1, int(timeout * 500))
        # WAIT looks no further back than this connection's last write. An outcome that is asked for again writes
        # nothing, so there is a write of our own behind it.
        self.commands: Sequence[Command] = [["SET", key, "1"], ["WAIT", 1, wait]]

    def hear(self) -> None:
        """Reads the answers to `commands`. Raises Unavailable if no replica has what was written before."""
        written, acknowledged = (self._link.read_value() for _ in self.commands)
        for reply in (written, acknowledged):
            if isinstance(reply, RedisError):
                raise Unavailable(f"Redis does not say whether a replica has it ({reply})")
        if acknowledged < 1:
            raise Unavailable("no replica has acknowledged")
