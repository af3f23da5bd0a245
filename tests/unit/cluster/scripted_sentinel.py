"""A sentinel and a Redis server that say what a test wants: enough of the protocol for a `Link`."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

Words = list[str]


class Scripted(socketserver.ThreadingTCPServer):
    """`answer(words)` gives the reply to a command in RESP, or '' for silence. `asked`: all commands so far."""

    daemon_threads = False
    block_on_close = True
    allow_reuse_address = True

    def __init__(self, answer: Callable[[Words], str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[Words] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name="scripted")

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.server_address[1])

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.address[1]}"

    def note(self, words: Words) -> None:
        with self._lock:
            self.asked.append(words)

    def admit(self, peer: socket.socket) -> None:
        with self._lock:
            self._open.add(peer)

    def dismiss(self, peer: socket.socket) -> None:
        with self._lock:
            self._open.discard(peer)

    @property
    def connections(self) -> int:
        with self._lock:
            return len(self._open)

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        with self._lock, contextlib.suppress(OSError):
            for peer in self._open:
                peer.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._thread.join(5)


class _Handler(socketserver.StreamRequestHandler):
    server: Scripted

    def handle(self) -> None:
        self.server.admit(self.connection)
        try:
            for words in self._commands():
                self.server.note(words)
                self.wfile.write(self.server.answer(words).encode())
        except OSError:
            pass  # the other end is gone
        finally:
            self.server.dismiss(self.connection)

    def _commands(self) -> Iterator[Words]:
        while header := self.rfile.readline():
            sizes = range(int(header[1:]))
            yield [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].decode() for _ in sizes]


def packed(value: Any) -> str:
    """`value` as a reply: a list, a number, None, or text."""
    if isinstance(value, list):
        return f"*{len(value)}\r\n" + "".join(packed(item) for item in value)
    if isinstance(value, int):
        return f":{value}\r\n"
    return "*-1\r\n" if value is None else f"${len(value.encode())}\r\n{value}\r\n"


class Sentinel:
    """What it answers can be changed at any time."""

    def __init__(self, master: tuple[str, int], epoch: int = 0) -> None:
        self.master = master
        self.epoch = epoch
        self.knows = True
        self.silent = False

    def __call__(self, words: Words) -> str:
        if self.silent:
            return ""
        if words[0] != "SENTINEL":
            return "+OK\r\n"
        if not self.knows:
            return packed(None) if words[1] == "GET-MASTER-ADDR-BY-NAME" else "-ERR No such master with that name\r\n"
        host, port = self.master
        if words[1] == "GET-MASTER-ADDR-BY-NAME":
            return packed([host, str(port)])
        return packed(["name", words[2], "config-epoch", str(self.epoch)])


class Server:
    """A Redis that is master or replica; `refusal`: what it answers to everything else."""

    def __init__(self, role: str = "master") -> None:
        self.role = role
        self.refusal = ""

    def __call__(self, words: Words) -> str:
        if words[0] == "INFO":
            return packed(f"# Replication\r\nrole:{self.role}\r\nrun_id:r\r\nmaster_replid:m\r\n")
        if words[0] == "ECHO":
            return self.refusal or packed(words[1])
        return "+OK\r\n"
