"""The bare loop of `raw_server`: lines."""

from __future__ import annotations

import sys
from pathlib import Path

from drill.bench.peer import Kind, Quiet, Servers, process
from drill.bench.peers.raw_server import READY
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port


class Raw(Quiet):
    """Lines."""

    def entered(self, seen: bytes) -> bool:
        return READY in seen

    def say(self, text: bytes) -> bytes:
        return text + b"\n"


def servers(folder: Path, launcher: Launcher) -> Servers:
    port = free_port()
    words = [sys.executable, "-m", "drill.bench.peers.raw_server", str(port)]
    return Servers([(HOST, port)], [process("raw", words, folder, launcher)])


RAW = Kind(Raw, servers)
