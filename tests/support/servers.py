"""The processes that a cluster is made of: Redis, nodes, a balancer."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis

from cluster.up import balancer
from tests.support import redis_process
from tests.support.ports import free_base, free_port, is_listening
from tests.support.processes import Process
from tests.support.waiting import wait_until

HOST = "127.0.0.1"


class RedisServer(Process):
    """Keeps every write on disk, so that a kill loses nothing that was answered."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        flags = f"--port {self.port} --bind {HOST} --dir {folder} --appendonly yes --appendfsync always".split()
        super().__init__("redis", [program, *flags, "--save", ""], folder)

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        super().start()
        wait_until(lambda: redis_process.answers(self.port), what="Redis answers")

    def client(self) -> redis.Redis:
        """A connection for looking in; use it as a context manager."""
        return redis.Redis(port=self.port, decode_responses=True, socket_timeout=5.0)


class Node(Process):
    """A chat node. `since` in the waiting methods: the number of log events that were there before."""

    def __init__(self, name: str, redis_url: str, folder: Path, flags: Sequence[str] = ()) -> None:
        self.port, self.http_port = (free := free_base((0, 1))), free + 1
        self.address = f"{HOST}:{self.port}"
        words = ["--id", name, "--listen", self.address, "--http", f"{HOST}:{self.http_port}", "--redis", redis_url]
        super().__init__(name, [sys.executable, "-m", "node", *words, "--log-format", "json", *flags], folder)

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """Its log so far, or only the events of that name."""
        text = self.output.read_text("utf-8", "replace") if self.output.exists() else ""
        lines = [_object(line) for line in text.splitlines()]
        return [line for line in lines if line and name in ("", line.get("event"))]

    def wait_event(self, name: str, since: int = 0, within: float = 15.0) -> dict[str, Any]:
        """The first event of that name after the `since` first of that name."""
        wait_until(
            lambda: len(self.events(name)) > since or not self.running,
            within,
            f"{self.name} logs {name!r}\n{self.tail()}",
        )
        assert len(self.events(name)) > since, f"{self.name} ended before {name!r}:\n{self.tail()}"
        return self.events(name)[since]

    def ready_code(self) -> int:
        """What /readyz answers; 0 for nothing."""
        return http_code(f"http://{HOST}:{self.http_port}/readyz")

    def wait_ready(self, code: int = 200, within: float = 15.0) -> None:
        wait_until(lambda: self.ready_code() == code, within, f"/readyz of {self.name} is {code}")

    def metric(self, name: str) -> float:
        """The sum over the samples of `name` in /metrics."""
        with urllib.request.urlopen(f"http://{HOST}:{self.http_port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def resident(self) -> int:
        """Bytes of memory in use."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) * 1024


class Balancer(Process):
    """HAProxy on the project's own template."""

    def __init__(self, program: str, nodes: Sequence[Node], folder: Path) -> None:
        self.port = free_port()
        self.address = f"{HOST}:{self.port}"
        servers = [balancer.Server(node.name, HOST, node.port, node.http_port) for node in nodes]
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "haproxy.cfg"
        config.write_text(balancer.render(self.address, servers, 200, "Rendered by a test."))
        super().__init__("balancer", [program, "-db", "-f", str(config)], folder)

    def start(self) -> None:
        super().start()
        wait_until(lambda: is_listening(self.port), what="the balancer listens")


def http_code(url: str) -> int:
    """The status of a GET; 0 if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
