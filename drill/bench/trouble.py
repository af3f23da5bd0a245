"""One client of Hydrachat's that makes trouble, in a process of its own, so that it takes no time of who measures.

    python -m drill.bench.trouble flood HOST PORT ROOM    says as much as its window of unanswered allows
    python -m drill.bench.trouble deaf HOST PORT ROOM     asks for more than the kernel holds, and reads nothing

Until it is killed. It prints `READY` when it is in the room, and a flood once a second how much of it was accepted.
"""

from __future__ import annotations

import itertools
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drill.bench.peer import Address
from drill.processes.process import Process
from drill.processes.waiting import wait_until
from wire.codec import encode
from wire.frames import Hello, Join, Leave, Ping, Say, Who

READY = "ready"
LOBBY = "#lobby"
WINDOW = 64
SMALL = 4096
BEYOND = 512 * 1024
"""Bytes that wait for the deaf one in the node: half of what it grants a client before it cuts it off."""
PAUSE = 1.0
START_WITHIN = 30.0
ACCEPTED, REFUSED = b'"op":"accepted"', b'"op":"error"'
NAMES = (f"trouble{number}" for number in itertools.count(1))


@contextmanager
def trouble(kind: str, address: Address, room: str, folder: Path) -> Iterator[Process]:
    """It makes trouble in the block. Raises ConnectionError if it ended by itself, TimeoutError, OSError."""
    words = [sys.executable, "-m", "drill.bench.trouble", kind, address[0], str(address[1]), room]
    process = Process("trouble", words, folder)
    try:
        process.start()
        wait_until(lambda: READY in process.tail() or not process.alive, START_WITHIN, "who makes trouble is there")
        _check(process)
        yield process
        _check(process)
    finally:
        process.discard()


def _check(process: Process) -> None:
    if not process.alive:
        raise ConnectionError(process.obituary())


def enter(address: Address, room: str) -> socket.socket:
    sock = socket.create_connection(address)
    sock.sendall(encode(Hello(nick=next(NAMES), client="bench", token=secrets.token_urlsafe(16))))
    read_until(sock, b'"members"')
    if room != LOBBY:
        sock.sendall(encode(Join(room=room)) + encode(Leave(room=LOBBY, id=1)))
        read_until(sock, b'"id":1}')
    return sock


def flood(address: Address, room: str) -> None:
    """Heeds nothing that it is told: what was refused it says again at once, and all behind it."""
    sock, n, accepted, owed, told, rest = enter(address, room), 0, 0, 0, time.monotonic(), b""
    before, back = 0, False
    tell(READY)
    while True:
        said = [] if back else [encode(Say(n=n + more + 1, to=room, text="x" * 100)) for more in range(WINDOW - owed)]
        sock.sendall(b"".join(said))
        n, owed = n + len(said), owed + len(said)
        *lines, rest = (rest + _read(sock)).split(b"\n")
        taken, refused = sum(ACCEPTED in line[:20] for line in lines), sum(REFUSED in line[:20] for line in lines)
        accepted, owed, back = accepted + taken, owed - taken - refused, back or refused > 0
        if back and owed <= 0:
            n, owed, back = accepted, 0, False
        if time.monotonic() > told + PAUSE:
            tell(f"{accepted - before} accepted")
            before, told = accepted, time.monotonic()


def deaf(address: Address, room: str) -> None:
    """Cut off after half a minute it comes again."""
    while True:
        with enter(address, room) as sock:
            sock.sendall(encode(Who(room=room)) + encode(Ping(id=2)))
            answer = read_until(sock, b'"id":2}')
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
            sock.sendall(encode(Who(room=room)) * ((kernel_holds() + BEYOND) // answer))
            tell(READY)
            _only_ping(sock)


def _only_ping(sock: socket.socket) -> None:
    try:
        while True:
            time.sleep(PAUSE)
            sock.sendall(encode(Ping()))
    except OSError:
        pass  # cut off


def kernel_holds() -> int:
    """Bytes that are on their way, on this machine, to one who reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        writer, _ = listener.accept()
        with writer:
            writer.setblocking(False)
            return sum(_sizes(writer))


def _sizes(writer: socket.socket) -> Iterator[int]:
    try:
        while True:
            yield writer.send(bytes(SMALL))
    except BlockingIOError:
        return


def read_until(sock: socket.socket, word: bytes) -> int:
    """How many bytes there were."""
    count, seen = 0, b""
    while word not in seen:
        data = _read(sock)
        count, seen = count + len(data), seen[-len(word) :] + data
    return count


def _read(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionError("the node ended the connection")
    return data


def tell(what: str) -> None:
    print(what, flush=True)  # noqa: T201 - who started this reads it


if __name__ == "__main__":
    which, host, port, where = sys.argv[1:]
    {"flood": flood, "deaf": deaf}[which]((host, int(port)), where)
