"""The processes that a cluster is made of: Redis, nodes, a balancer; the drill's, with what tests look at."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drill.processes.balancer import BalancerProcess
from drill.processes.launcher import Started
from drill.processes.node import COMMAND, NodeProcess
from drill.processes.redis_server import RedisProcess
from tests.support import nursery
from tests.support.waiting import wait_until


class RedisServer(RedisProcess):
    """Keeps every write on disk, so that a kill loses nothing that was answered."""

    def __init__(self, program: str, folder: Path) -> None:
        super().__init__(program, "redis", folder)


class Node(NodeProcess):
    """A chat node. `since` in the waiting methods: the number of log events that were there before."""

    def _launch(self) -> Started:
        child = None
        if tuple(self.argv[: len(COMMAND)]) == COMMAND:
            child = nursery.born(self.argv[len(COMMAND) :], self.folder, self.output)
        return child or super()._launch()

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """Its log so far, or only the events of that name."""
        text = self.output.read_text("utf-8", "replace") if self.output.exists() else ""
        lines = [_object(line) for line in text.splitlines()]
        return [line for line in lines if line and name in ("", line.get("event"))]

    def wait_event(self, name: str, since: int = 0, within: float = 15.0) -> dict[str, Any]:
        """The first event of that name after the `since` first of that name."""
        wait_until(
            lambda: len(self.events(name)) > since or not self.alive,
            within,
            f"{self.name} logs {name!r}\n{self.tail()}",
        )
        assert len(self.events(name)) > since, f"{self.name} ended before {name!r}:\n{self.tail()}"
        return self.events(name)[since]

    def metric(self, name: str) -> float:
        """The sum over the samples of `name` in /metrics."""
        with urllib.request.urlopen(f"http://{self.http_address}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)


class Balancer(BalancerProcess):
    """HAProxy on the project's own template."""

    def __init__(self, program: str, nodes: Sequence[Node], folder: Path) -> None:
        super().__init__(program, [(node.name, node.port, node.http_port) for node in nodes], folder)


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
