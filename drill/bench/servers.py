"""Two servers of a kind, joined as one cluster, with the settings of their packages but for limits that a benchmark
would run into (connections from one address, flood protection)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from drill.processes import programs
from drill.processes.launcher import Launcher
from drill.processes.node import NodeProcess
from drill.processes.ports import HOST, free_port, is_listening
from drill.processes.process import Process
from drill.processes.redis_server import RedisProcess
from drill.processes.waiting import wait_until

START_WITHIN = 30.0
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin")
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Servers:
    """`processes`: all whose time and memory count. `addresses`: of the two that clients go to. `linked`: what the log
    of the first one says when it has found the other."""

    dialect: str
    addresses: list[Address]
    processes: list[Process]
    linked: str = ""


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Servers]:
    """They are gone after the block. Raises CannotRun where the machine lacks a program, OSError, TimeoutError."""
    launcher = Launcher()
    launcher.begin()
    with ExitStack() as stack:
        stack.callback(launcher.stop)
        servers = KINDS[kind](folder, launcher)
        for process in servers.processes:
            stack.callback(process.discard)
            process.start()
        for process in servers.processes:
            if isinstance(process, NodeProcess):
                process.wait_ready()
        wait_until(lambda: all(is_listening(port) for _, port in servers.addresses), START_WITHIN, f"{kind} listens")
        wait_until(lambda: servers.linked in servers.processes[0].tail(), START_WITHIN, f"the two of {kind} are linked")
        yield servers


def _hydrachat(folder: Path, launcher: Launcher) -> Servers:
    redis = RedisProcess(programs.redis_server(), "redis", folder / "redis", launcher=launcher)
    nodes = [NodeProcess(name, redis.url, folder / name, (), launcher=launcher) for name in ("n1", "n2")]
    return Servers("native", [(HOST, node.port) for node in nodes], [redis, *nodes])


def _ngircd(folder: Path, launcher: Launcher) -> Servers:
    program, ports = _program("ngircd"), [free_port(), free_port()]
    made = []
    for number, port in enumerate(ports):
        name = f"irc{number + 1}"
        other = f"irc{2 - number}.bench"
        peer = f"Name = {other}\nHost = {HOST}\nMyPassword = bench\nPeerPassword = bench\n"
        # One of them calls the other.
        peer += f"Port = {ports[1]}\n" if number == 0 else "Passive = yes\n"
        text = (
            f"[Global]\nName = {name}.bench\nInfo = bench\nListen = {HOST}\nPorts = {port}\nMotdPhrase = bench\n"
            "[Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\nConnectRetry = 5\n"
            f"[Options]\nDNS = no\nIdent = no\nPAM = no\n[Server]\n{peer}"
        )
        made.append(_process(name, [program, "-n", "-f", _file(folder / name, "ngircd.conf", text)], folder, launcher))
    return Servers("irc", [(HOST, port) for port in ports], made, "Synchronization with")


def _nats(folder: Path, launcher: Launcher) -> Servers:
    program, ports, routes = _program("nats-server"), [free_port(), free_port()], [free_port(), free_port()]
    made = []
    for number, port in enumerate(ports):
        words = [program, "-a", HOST, "-p", str(port), "-cluster", f"nats://{HOST}:{routes[number]}"]
        words += ["-cluster_name", "bench", "-routes", f"nats://{HOST}:{routes[1 - number]}"]
        made.append(_process(f"nats{number + 1}", words, folder, launcher))
    return Servers("nats", [(HOST, port) for port in ports], made, "Route connection created")


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS]))
    if not found:
        raise programs.CannotRun(f"{name} is missing: install the Debian package {name}")
    return found


def _raw(folder: Path, launcher: Launcher) -> Servers:
    port = free_port()
    words = [sys.executable, "-m", "drill.bench.raw", str(port)]
    return Servers("raw", [(HOST, port)], [_process("raw", words, folder, launcher)])


def _process(name: str, argv: list[str], folder: Path, launcher: Launcher) -> Process:
    return Process(name, argv, folder / name, launcher)


def _file(folder: Path, name: str, text: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    (folder / name).chmod(0o644)
    return str(folder / name)


KINDS: Mapping[str, Callable[[Path, Launcher], Servers]] = {
    "hydrachat": _hydrachat,
    "ngircd": _ngircd,
    "nats": _nats,
    "raw": _raw,
}
