"""A real cluster of the pictures' own, on free ports, and the people on it."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from client import ChatClient
from drill.processes.node import NodeProcess
from drill.processes.programs import redis_server
from drill.processes.redis_server import RedisProcess

NODES = 3
FLAGS = ("--lease", "2", "--grace", "30")
OUTCOME_WITHIN = 10.0


class Stage:
    """Use as a context manager; nothing is left behind. `seconds`: how long a load is watched. One thread."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._open = contextlib.ExitStack()
        self.redis: RedisProcess
        self.nodes: dict[str, NodeProcess] = {}
        self.people: dict[str, ChatClient] = {}

    def __enter__(self) -> Self:
        """Returns when all nodes serve. Raises CannotRun where Redis isn't installed, TimeoutError."""
        with contextlib.ExitStack() as building:
            folder = Path(building.enter_context(tempfile.TemporaryDirectory(prefix="hydrachat-pictures-")))
            self.redis = RedisProcess(redis_server(), "redis", folder / "redis")
            building.callback(self.redis.discard)
            self.redis.start()
            for number in range(1, NODES + 1):
                self.nodes[f"n{number}"] = self._node(building, f"n{number}", folder)
            for node in self.nodes.values():
                node.wait_ready()
            self._open = building.pop_all()
        return self

    def _node(self, building: contextlib.ExitStack, name: str, folder: Path) -> NodeProcess:
        node = NodeProcess(name, self.redis.url, folder / name, FLAGS)
        building.callback(node.discard)
        node.start()
        return node

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def enter(self, nick: str, node: str, rooms: Sequence[str] = ("#lobby",)) -> ChatClient:
        """Somebody whom nobody watches, on that node."""
        chat = self.client(nick, node, rooms, on_event=True)
        chat.start()
        self.people[nick] = chat
        return chat

    def client(self, nick: str, node: str, rooms: Sequence[str] = ("#lobby",), *, on_event: bool = False) -> ChatClient:
        """Not started yet; it goes with the stage. Without `on_event` somebody has to take its events."""
        order = [node, *(name for name in self.nodes if name != node)]
        chat = ChatClient(
            [self.nodes[name].address for name in order],
            nick,
            rooms=rooms,
            in_order=True,
            on_event=(lambda _: None) if on_event else None,
            rng=random.Random(nick),
        )
        self._open.callback(chat.close)
        return chat

    def say(self, nick: str, text: str, to: str = "#lobby", *, action: bool = False) -> None:
        """Returns when it is in the log, so that the next one comes after it."""
        self.people[nick].say(text, to, action=action).wait_accepted(OUTCOME_WITHIN)

    def kill(self, name: str) -> None:
        """SIGKILL, as a machine dies."""
        self.nodes[name].kill()
