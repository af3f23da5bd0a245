"""A stand-in for a chat node, to try `up` alone: says `ready`, answers /readyz, accepts connections and
greets with its name, stops on SIGTERM. With --lease 13 it can't live."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def say(event: str, **fields: object) -> None:
    print(json.dumps({"ts": "", "level": "info", "event": event, **fields}), file=sys.stderr, flush=True)


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def greet(listener: socket.socket, name: str, kept: list[socket.socket]) -> None:
    while True:
        connection, _ = listener.accept()
        connection.sendall(f"hello from {name}\n".encode())
        kept.append(connection)
        say("joined", nick="al\x1bice", room="#lobby")


def main() -> None:
    words = sys.argv[1:]
    given = dict(zip(words[::2], words[1::2], strict=True))
    if given.get("--lease") == "13.0":
        sys.exit("--lease 13.0: unlucky")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    health = ThreadingHTTPServer(address(given["--http"]), Health)
    threading.Thread(target=health.serve_forever, daemon=True).start()
    listener = socket.create_server(address(given["--listen"]))
    kept: list[socket.socket] = []
    threading.Thread(target=greet, args=(listener, given["--id"], kept), daemon=True).start()
    say("ready")
    stop.wait()
    say("stopped")


if __name__ == "__main__":
    main()
