"""A stand-in for a chat node, to try `up` alone: says `ready`, answers /readyz (404 from SIGUSR1 on),
greets with its name and echoes, stops on SIGTERM. With --lease 13 it can't live."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(Health.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def say(event: str, **fields: object) -> None:
    print(json.dumps({"ts": "", "level": "info", "event": event, **fields}), file=sys.stderr, flush=True)


PROXY_HEADER = 28
"""Bytes, of version 2 over IPv4."""


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def greet(listener: socket.socket, name: str, skipped: int = 0) -> None:
    """`skipped`: bytes that come before what the client says."""
    while True:
        connection, _ = listener.accept()
        connection.recv(skipped, socket.MSG_WAITALL)
        threading.Thread(target=echo, args=(connection, name), daemon=True).start()
        say("joined", nick="al\x1bice", room="#lobby")


def echo(connection: socket.socket, name: str) -> None:
    with connection:
        connection.sendall(f"hello from {name}\n".encode())
        while data := connection.recv(100):
            connection.sendall(data)


def degrade(*_: object) -> None:
    Health.status = 404
    say("degraded")


def main() -> None:
    words = sys.argv[1:]
    given = dict(zip(words[::2], words[1::2], strict=True))
    if given.get("--lease") == "13.0":
        sys.exit("--lease 13.0: unlucky")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGUSR1, degrade)
    health = ThreadingHTTPServer(address(given["--http"]), Health)
    threading.Thread(target=health.serve_forever, daemon=True).start()
    listener = socket.create_server(address(given["--listen"]))
    threading.Thread(target=greet, args=(listener, given["--id"]), daemon=True).start()
    if "--listen-proxy" in given:
        behind = socket.create_server(address(given["--listen-proxy"]))
        threading.Thread(target=greet, args=(behind, given["--id"], PROXY_HEADER), daemon=True).start()
    say("ready")
    while not stop.wait(0.1):  # a signal may land on another thread, and wakes only that one
        pass
    say("stopped")


if __name__ == "__main__":
    main()
