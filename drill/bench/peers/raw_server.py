"""The least that can be done: one process, one `send` to each connection for all that has come. No log, no order
over servers, no names; nothing is kept for who does not read. `python -m drill.bench.peers.raw_server PORT`."""

from __future__ import annotations

import selectors
import socket
import sys
from contextlib import suppress

READY = b"ready\n"


def serve(port: int) -> None:
    """Until it is killed."""
    selector, clients = selectors.DefaultSelector(), set[socket.socket]()
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    selector.register(listener, selectors.EVENT_READ)
    while True:
        data = b""
        for key, _ in selector.select():
            if key.fileobj is listener:
                client, _ = listener.accept()
                client.setblocking(False)
                client.send(READY)
                selector.register(client, selectors.EVENT_READ)
                clients.add(client)
                continue
            assert isinstance(key.fileobj, socket.socket)
            said = _read(key.fileobj)
            if not said:
                selector.unregister(key.fileobj)
                clients.discard(key.fileobj)
                key.fileobj.close()
            data += said
        for client in clients if data else ():
            with suppress(OSError):
                client.send(data)


def _read(client: socket.socket) -> bytes:
    try:
        return client.recv(65536)
    except OSError:
        return b""


if __name__ == "__main__":
    serve(int(sys.argv[1]))
