"""Whether a node's connections are at the master that the sentinels name now.

A promotion does not close the connections to a master that was cut off or stood still: who only listens there would
hear nothing, or what nobody else hears, for ever. So the sentinels are asked with each heartbeat.
"""

from __future__ import annotations

from collections.abc import Sequence

from cluster.errors import Unavailable
from cluster.link import Identity, Link
from cluster.sentinels import Sentinels


class Follow:
    """`links`: all of the node. The beat's thread only; what fills when sentinels are slow: nothing, the beat waits
    for each of them `sentinels.LONGEST` at most, and does not ask it again soon."""

    def __init__(self, sentinels: Sentinels, links: Sequence[Link], identity: Identity) -> None:
        self._sentinels = sentinels
        self._links = links
        self._identity = identity

    def identity(self, link: Link) -> str:
        """That of the server behind `link`, if it is the master. Raises Unavailable."""
        self._look()
        return self._identity(link)

    def _look(self) -> None:
        try:
            master = self._sentinels.master()
        except Unavailable:
            return  # they say nothing, so nothing is known against the connections that there are
        for link in self._links:
            link.leave_unless(master)

    def close(self) -> None:
        """Idempotent."""
        self._sentinels.close()
