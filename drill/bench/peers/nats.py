"""NATS (Go), without a log: a subject is the room."""

from __future__ import annotations

from pathlib import Path

from drill.bench.peer import ROOM, Kind, Quiet, Servers, process, program
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port


class Nats(Quiet):
    """Its own protocol."""

    asks = b"PING\r\n"

    def enter(self) -> bytes:
        return f'CONNECT {{"verbose":false,"pedantic":false}}\r\nSUB {ROOM} 1\r\nPING\r\n'.encode()

    def entered(self, seen: bytes) -> bool:
        return b"PONG" in seen

    def answer(self, data: bytes) -> bytes:
        return b"PONG\r\n" * data.count(b"PING\r\n") if b"PING\r\n" in data else b""

    def say(self, text: bytes) -> bytes:
        return b"PUB %s %d\r\n%s\r\n" % (ROOM.encode(), len(text), text)


def servers(folder: Path, launcher: Launcher) -> Servers:
    path, ports, routes = program("nats-server"), [free_port(), free_port()], [free_port(), free_port()]
    made = []
    for number, port in enumerate(ports):
        words = [path, "-a", HOST, "-p", str(port), "-cluster", f"nats://{HOST}:{routes[number]}"]
        words += ["-cluster_name", "bench", "-routes", f"nats://{HOST}:{routes[1 - number]}"]
        made.append(process(f"nats{number + 1}", words, folder, launcher))
    return Servers([(HOST, port) for port in ports], made, "Route connection created")


NATS = Kind(Nats, servers)
