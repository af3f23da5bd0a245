"""What the tests of R5 share: lives of the data that end, and what is told of it."""

from __future__ import annotations

from contextlib import suppress

from cluster.errors import ClusterError
from cluster.seam import Health
from tests.contract.conftest import RealRedis
from tests.contract.space import LOBBY, Node, Space


def gaps(space: Space, log: str = LOBBY) -> list[str]:
    return [fields["text"] for fields in space.kinds(log, "gap")]


def wait_recovered(*nodes: Node, times: int = 1) -> None:
    for node in nodes:
        with suppress(ClusterError):
            node.cluster.rooms()  # who asks notices at once; else the next heartbeat does
    for node in nodes:
        node.events.wait(lambda node=node: len(node.events.recovered) >= times, "recovered")  # type: ignore[misc]
        node.wait_health(Health.SERVING)


def restart(server: RealRedis) -> None:
    server.kill()
    server.up()
