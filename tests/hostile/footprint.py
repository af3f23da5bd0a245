"""What a node and the cluster hold, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.deployment import PREFIX, Deployment
from tests.support.waiting import wait_until

MB = 1024 * 1024
PATIENCE = 40.0
MEMORY = 60 * MB
"""More than before may stay: pages that an allocator keeps after thousands of threads. A leak of each of some thousand
tries would be more, since every test is followed by others at the same node."""


SPARE = 8
"""Threads and descriptors that a node makes when it first needs them, and keeps: links to Redis, the metrics' own."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Of n1, and of the whole cluster in Redis."""

    threads: int
    descriptors: int
    memory: int
    sessions: int
    rooms: int

    @classmethod
    def of(cls, cluster: Deployment) -> Footprint:
        """Now. Raises OSError where n1 does not run."""
        node = cluster.nodes[0]
        proc = Path(f"/proc/{node.pid}")
        with cluster.client() as redis:
            names = [*redis.scan_iter(match=f"{PREFIX}*", count=5000)]
        return cls(
            threads=len([*(proc / "task").iterdir()]),
            descriptors=len([*(proc / "fd").iterdir()]),
            memory=node.resident(),
            sessions=sum(name.startswith(f"{PREFIX}session:") for name in names),
            rooms=sum(name.startswith(f"{PREFIX}room:") and name.endswith(":members") for name in names),
        )

    def fits(self, before: Footprint) -> bool:
        """Whether this is not more than `before`, but for the memory that an allocator keeps."""
        return (
            self.threads <= before.threads + SPARE
            and self.descriptors <= before.descriptors + SPARE
            and self.memory <= before.memory + MEMORY
            and self.sessions <= before.sessions
            and self.rooms <= before.rooms
        )

    def wait_for_return(self, cluster: Deployment) -> None:
        """Until the cluster holds no more than this. Raises AssertionError that says of what there is more."""
        seen: list[Footprint] = []

        def back() -> bool:
            seen.append(Footprint.of(cluster))
            return seen[-1].fits(self)

        try:
            wait_until(back, PATIENCE, "what was taken is given back")
        except AssertionError as error:
            raise AssertionError(f"before {self}, now {seen[-1]}") from error
