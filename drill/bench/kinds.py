"""The kinds of servers that can be measured, and two of one of them as they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drill.bench.peer import Kind, Servers
from drill.bench.peers.hydrachat import HYDRACHAT, OF_ONE, OF_THREE
from drill.bench.peers.irc import INSPIRCD, NGIRCD
from drill.bench.peers.nats import NATS
from drill.bench.peers.raw import RAW
from drill.bench.peers.socketio import SOCKETIO
from drill.processes.launcher import Launcher
from drill.processes.node import NodeProcess
from drill.processes.ports import is_listening
from drill.processes.waiting import wait_until

START_WITHIN = 30.0
UNLIMITED = ["--message-rate", "0", "--join-rate", "0"]
"""A speaker says as much here as a thousand people do."""
KINDS: Mapping[str, Kind] = {
    "hydrachat": HYDRACHAT,
    "hydrachat-1": OF_ONE,
    "hydrachat-3": OF_THREE,
    "inspircd": INSPIRCD,
    "ngircd": NGIRCD,
    "nats": NATS,
    "socketio": SOCKETIO,
    "raw": RAW,
}


@contextmanager
def running(kind: str, folder: Path, *, limited: bool = False) -> Iterator[Servers]:
    """They are gone after the block. `limited`: our own keep their limits of what one session may do. Raises CannotRun
    where the machine lacks a program, OSError, TimeoutError."""
    launcher = Launcher()
    launcher.begin()
    with ExitStack() as stack:
        stack.callback(launcher.stop)
        servers = KINDS[kind].servers(folder, launcher)
        for process in servers.processes:
            stack.callback(process.discard)
            if isinstance(process, NodeProcess) and not limited:
                process.argv += UNLIMITED
            process.start()
        for process in servers.processes:
            if isinstance(process, NodeProcess):
                process.wait_ready()
        wait_until(lambda: all(is_listening(port) for _, port in servers.addresses), START_WITHIN, f"{kind} listens")
        told = servers.processes[-len(servers.addresses)]
        wait_until(lambda: servers.linked in told.tail(), START_WITHIN, f"the two of {kind} are linked")
        yield servers
