"""The running cluster of a drill, and everything that can be done to it from outside."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from drill.network.network import Network
from drill.network.proxy import Proxy
from drill.network.rule import Rule
from drill.processes import disk, programs
from drill.processes.balancer import BalancerProcess
from drill.processes.former import Former, prepared
from drill.processes.launcher import Launcher
from drill.processes.node import COMMAND, NodeProcess
from drill.processes.process import Process
from drill.processes.programs import CannotRun
from drill.settings import DrillSettings
from drill.store import Store

__all__ = ["CannotRun", "Ways", "World"]

PREFIX = "{hydrachat}:"
PAGE = 5000
UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Ways:
    """The proxies of one node: from its clients (what it advertises), from the balancer, and from the balancer
    to its health page."""

    clients: Proxy
    balancer: Proxy
    health: Proxy


class World:
    """Use as a context manager, or `stop` it. `node_command`: what a node is started with, before its options.

    `stop` comes from the thread that called `start`, when nobody else uses it any more; the rest from any thread."""

    nodes: dict[str, NodeProcess]
    proxies: dict[str, Ways]
    redis: Store
    settings: DrillSettings

    def __init__(self, node_command: Sequence[str] = COMMAND) -> None:
        self.nodes = {}
        self.proxies = {}
        self.network = Network()
        self.kept: dict[int, Any] = {}  # number of a fault -> what its end must know
        self.balancer: BalancerProcess | None = None
        self.no_balancer = ""  # why there is none: everybody comes to the nodes themselves
        self.no_disk = ""  # why there is no small disk
        self.no_former = ""  # why there is no earlier version
        self._former: Former | None = None
        self._command = node_command
        self._launcher = Launcher()
        self._broken: dict[int, list[tuple[Proxy, int]]] = {}
        self._is_up = False
        self._fallen: list[str] = []

    def start(self, settings: DrillSettings) -> None:
        """Returns when all is well; nothing is left if it isn't. Raises CannotRun."""
        self.settings = settings
        try:
            self._start_all(settings)
            self._is_up = True
        except (OSError, RuntimeError, redis.RedisError) as error:
            tails = self.report_tails()
            self.stop()
            raise CannotRun(f"the cluster did not start: {error}\n{tails}") from error
        except BaseException:  # Ctrl-C, or a missing program: it is raised on, and nothing may be left.
            self.stop()
            raise

    def _start_all(self, settings: DrillSettings) -> None:
        server = programs.redis_server()
        self.no_disk = disk.why_not() if "disk-full" in settings.faults else "no fault asks for it"
        self._prepare_former(settings)
        self._launcher.begin()
        self.network.start()
        folder = settings.out.resolve()
        self.redis = Store(server, folder, self.network, self._launcher, settings.redis == "sentinel", not self.no_disk)
        self.redis.start()
        for number in range(1, settings.nodes + 1):
            self._make_node(f"n{number}", folder)
        if self._former and settings.faults == (UPGRADE,):  # else what a drill shows would be that version's
            for name in self.nodes:
                self.set_version(name, former=True)
        self._each_node(NodeProcess.start)
        self._each_node(NodeProcess.wait_up)
        self._each_node(NodeProcess.wait_ready)
        self._start_balancer(folder / "balancer")

    def _start_balancer(self, folder: Path) -> None:
        try:
            program = programs.haproxy()
        except CannotRun as error:
            self.no_balancer = str(error)
            return
        fronts = [(name, ways.balancer.port, ways.health.port) for name, ways in self.proxies.items()]
        self.balancer = BalancerProcess(program, fronts, folder, self._launcher)
        self.balancer.start()

    def _make_node(self, name: str, folder: Path) -> None:
        times = self.settings.times
        node = NodeProcess(name, self.redis.url, folder / name, (), self._command, self._launcher)
        make = self.network.proxy
        ways = Ways(make(node.port), make(node.port), make(node.http_port))
        node.argv += ["--lease", f"{times.lease:g}", "--grace", f"{times.grace:g}"]
        node.argv += ["--advertise", ways.clients.address]
        self.nodes[name], self.proxies[name] = node, ways

    def _prepare_former(self, settings: DrillSettings) -> None:
        if UPGRADE not in settings.faults:
            self.no_former = "no fault asks for it"
            return
        try:
            self._former = prepared(settings.upgrade_from, settings.out.resolve() / "former")
        except CannotRun as error:
            self.no_former = str(error)

    def set_version(self, name: str, former: bool) -> None:
        """Of the node when it is started next: the earlier one, or the present one."""
        if self._former:
            self.nodes[name].run_as(self._former.command if former else self._command)

    def is_former(self, name: str) -> bool:
        """Whether that node is of the earlier version."""
        return self._former is not None and self.nodes[name].runs_as(self._former.command)

    def _each_node(self, act: Callable[[NodeProcess], object]) -> None:
        for node in self.nodes.values():
            act(node)

    def stop(self) -> None:
        """Ends everything by process group, and notes who was dead before: all is mended by then. Idempotent."""
        if self._is_up:
            self._is_up = False
            self._fallen = [node.obituary() for node in self.nodes.values() if not node.alive]
        for process in self.processes:
            with suppress(OSError):  # one that does not end must not keep the others
                process.discard()
        if hasattr(self, "redis"):
            with suppress(OSError):
                self.redis.discard()
        self.network.stop()
        self._launcher.stop()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def servers(self) -> list[str]:
        """What clients are given: the balancer, if there is one, then the nodes."""
        return [*([self.balancer.address] if self.balancer else []), *self.fronts]

    @property
    def fronts(self) -> list[str]:
        """Of each node the address that it advertises, at its proxy."""
        return [ways.clients.address for ways in self.proxies.values()]

    @property
    def processes(self) -> list[Process]:
        """The balancer, the nodes, Redis."""
        front: list[Process] = [self.balancer] if self.balancer else []
        back = self.redis.processes if hasattr(self, "redis") else []
        return [*front, *self.nodes.values(), *back]

    @property
    def trouble(self) -> str:
        """Why this is no drill: the network's thread died, or a node by itself; empty: nothing."""
        return "; ".join(filter(None, [self.network.trouble, *self._fallen]))

    def command(self, *words: str, within: float) -> bool:
        """`hydrachat WORDS`, as an operator says it; whether it ended well within so many seconds."""
        process = Process(f"hydrachat-{words[0]}-{words[1]}", [sys.executable, "-m", "hydrachat", *words],
                          self.settings.out.resolve(), self._launcher)  # fmt: skip
        process.start()
        try:
            return process.wait(within) == 0
        except TimeoutError:
            return False
        finally:
            process.discard()

    def presence(self) -> dict[str, str]:
        """What an operator sees: nickname -> "n1 here". Raises redis.RedisError, OSError."""
        with self.redis.admin() as client:
            found: Any = client.hgetall(f"{PREFIX}presence")
        return dict(found)

    def log_entries(self, room: str) -> list[dict[str, str]]:
        """All entries of the room's log, each with its `offset`, as Redis holds them. Raises RedisError, OSError."""
        entries: list[dict[str, str]] = []
        start = "-"
        with self.redis.admin() as client:
            while True:
                page: Any = client.xrange(f"{PREFIX}room:{room}:log", start, "+", count=PAGE)
                entries += [{**fields, "offset": name.partition("-")[0]} for name, fields in page]
                if len(page) < PAGE:
                    return entries
                start = f"({page[-1][0]}"

    def spoil(self, number: int, proxies: Sequence[Proxy], *rules: Rule) -> None:
        """Puts `rules` in force at each of `proxies`, under the number of a fault. Raises RuntimeError, OSError."""
        keys = self._broken.setdefault(number, [])
        for proxy in proxies:
            keys += [(proxy, proxy.add(rule)) for rule in rules]

    def restore(self, number: int) -> None:
        """Ends the rules of that fault. Raises RuntimeError, OSError."""
        for proxy, key in self._broken.pop(number, []):
            proxy.remove(key)

    def report_tails(self) -> str:
        """The ends of all logs."""
        return "\n".join(f"--- {process.name}\n{process.tail()}" for process in self.processes)
