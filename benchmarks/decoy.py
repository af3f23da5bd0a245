"""What an attack costs the machine, whoever is attacked: `python -m benchmarks.decoy PORT MOST` accepts, reads and
throws away, with as little work as Python can do that in. Who says hello is told that he is in; beyond `MOST`
connections the next is reset at once (0: never), as a node with its limits would. Until it is ended (SIGTERM)."""

from __future__ import annotations

import select
import socket
import sys

_READ = 256 * 1024
_BACKLOG = 4096
_IN = b'{"op":"joined"}\n'
_RESET = b"\1\0\0\0\0\0\0\0"


class Decoy:
    def __init__(self, sock: socket.socket, most: int) -> None:
        self._sock = sock
        self._most = most
        self._held: dict[int, socket.socket] = {}
        self._poll = select.epoll()
        self._poll.register(sock, select.EPOLLIN)
        sock.setblocking(False)

    def run(self) -> None:
        while True:
            for fd, _ in self._poll.poll():
                held = self._held.get(fd)
                if held is None:
                    self._accept()
                elif not self._read(held):
                    del self._held[fd]
                    held.close()

    def _accept(self) -> None:
        try:
            while True:
                sock, _ = self._sock.accept()
                if self._most and len(self._held) >= self._most:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    sock.close()
                    continue
                sock.setblocking(False)
                self._held[sock.fileno()] = sock
                self._poll.register(sock, select.EPOLLIN)
        except BlockingIOError:
            pass

    def _read(self, sock: socket.socket) -> bool:
        """Whether it goes on."""
        try:
            data = sock.recv(_READ)
            if data.startswith(b'{"op":"hello"'):
                sock.send(_IN)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return bool(data)


def main() -> None:
    port, most = map(int, sys.argv[1:])
    with socket.create_server(("127.0.0.1", port), backlog=_BACKLOG) as sock:
        print(sock.getsockname()[1], flush=True)
        Decoy(sock, most).run()


if __name__ == "__main__":
    main()
