"""Nodes that die, stand still, or are taken down in order."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from drill.faults.base import REDIS, AtNode, node_names, word_of
from drill.faults.fault import Planned
from drill.settings import DrillSettings

if TYPE_CHECKING:
    from drill.processes.node import NodeProcess
    from drill.world import World

STOP_WITHIN = 30.0
"""Beyond the time of a drain: Redis or the other nodes may be away as well."""


BY_SIGNAL, BY_WORD = "SIGTERM", "hydrachat drain"


class Kill(AtNode):
    """`kill -9` of a node; another process takes its place later."""

    name = "kill"

    def begin(self, world: World, planned: Planned) -> None:
        self.living(world, planned.target).kill()

    def end(self, world: World, planned: Planned) -> None:
        _start(self.node(world, planned))


class Pause(AtNode):
    """A node stands still (SIGSTOP), as a machine that swaps or is moved; it wakes up and does not know."""

    name = "pause"

    def begin(self, world: World, planned: Planned) -> None:
        self.living(world, planned.target).freeze()

    def end(self, world: World, planned: Planned) -> None:
        self.node(world, planned).thaw()


class Drain(AtNode):
    """A node is taken down in order, by SIGTERM or an operator's word, and started again when it has ended."""

    name = "drain"

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        seconds, target, _ = super().draw(rng, settings)
        return seconds, target, BY_WORD if int(seconds * 1000) % 2 else BY_SIGNAL

    def begin(self, world: World, planned: Planned) -> None:
        node, times = self.living(world, planned.target), world.settings.times
        words = ("drain", node.name, "--over", f"{times.drain:g}s", "--redis", world.redis.url)
        # Refused, or not heard, since Redis is away, or no other node is ready: then he ends the process.
        if planned.detail != BY_WORD or not world.command(*words, within=times.drain + STOP_WITHIN):
            node.signal(signal.SIGTERM)

    def end(self, world: World, planned: Planned) -> None:
        _stopped(world, self.node(world, planned))
        _start(self.node(world, planned))


class Rolling(AtNode):
    """All nodes are restarted one after the other, each when the one before it is ready again."""

    name = "rolling"

    def exclusive(self, planned: Planned) -> frozenset[str]:
        return frozenset({REDIS, *(word_of(name) for name in planned.target.split())})

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        names = node_names(settings)
        rng.shuffle(names)
        return len(names) * settings.times.drain / 2, " ".join(names), ""

    def begin(self, world: World, planned: Planned) -> None:
        for name in planned.target.split():
            self.restart(world, name)

    def end(self, world: World, planned: Planned) -> None:
        """It is over when it has begun."""

    def restart(self, world: World, name: str, change: Callable[[], None] = lambda: None) -> None:
        """In order; `change`: what is done while it is down. Raises RuntimeError, TimeoutError."""
        node = self.living(world, name)
        node.signal(signal.SIGTERM)
        _stopped(world, node)
        change()
        _start(node)
        node.wait_ready()


def _start(node: NodeProcess) -> None:
    node.start()
    node.wait_up()


def _stopped(world: World, node: NodeProcess) -> None:
    """Waits for its end. Raises TimeoutError if there is none: then it is killed, and the drill was not what it
    says it was."""
    try:
        node.wait(world.settings.times.drain + STOP_WITHIN)
    except TimeoutError:
        node.kill()
        _start(node)
        raise
