"""Socket.IO (JavaScript) with its Redis adapter: WebSockets, RFC 6455."""

from __future__ import annotations

import os
from pathlib import Path

from drill.bench.peer import Kind, Quiet, Servers, process, program
from drill.processes import programs
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port
from drill.processes.programs import CannotRun
from drill.processes.redis_server import RedisProcess

SCRIPT = Path(__file__).with_name("socketio.js")
MODULES = "HYDRACHAT_NODE_MODULES"
"""The setting that names the folder in which `npm install socket.io @socket.io/redis-adapter redis` put them."""
_UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def packet(text: bytes) -> bytes:
    """A text frame of a client. Its mask is nought, which is a mask as well."""
    size = len(text)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text


class SocketIo(Quiet):
    """Engine.IO 4: `0` opens, `40` connects, `42` is an event, `2` and `3` are ping and pong."""

    asks = b"\x81\x012"

    def __init__(self, run: int, number: int) -> None:
        super().__init__(run, number)
        self._connected = False

    def enter(self) -> bytes:
        return _UPGRADE

    def entered(self, seen: bytes) -> bool:
        return b"40{" in seen

    def next(self, seen: bytes) -> bytes:
        if self._connected or b'0{"sid"' not in seen:
            return b""
        self._connected = True
        return packet(b"40")

    def answer(self, data: bytes) -> bytes:
        return packet(b"3") if self.asks in data else b""

    def say(self, text: bytes) -> bytes:
        return packet(b'42["m","' + text + b'"]')


def servers(folder: Path, launcher: Launcher) -> Servers:
    path, modules = program("node", "install Node.js"), os.environ.get(MODULES, "")
    if not (Path(modules) / "socket.io").is_dir() or not modules:
        raise CannotRun(
            f"Socket.IO is missing: npm install socket.io @socket.io/redis-adapter redis, and set {MODULES} to the "
            "node_modules folder that holds them"
        )
    redis = RedisProcess(programs.redis_server(), "redis", folder / "redis", launcher=launcher)
    ports = [free_port(), free_port()]
    made = [
        process(f"io{port}", [path, str(SCRIPT), str(port), redis.url], folder, launcher, {"NODE_PATH": modules})
        for port in ports
    ]
    return Servers([(HOST, port) for port in ports], [redis, *made], "ready")


SOCKETIO = Kind(SocketIo, servers)
