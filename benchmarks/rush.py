"""Many connections that come in one moment: `python -m benchmarks.rush COUNT HOST:PORT [LINE]`, of which each sends
LINE, with `%d` for its number, as soon as it is open. Says how many seconds passed until all of them had been told
something, waits for a line, and lets all go in one moment. A process of its own, without a thread or an object for
each."""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import sys
import time

AT_ONCE = 3000
"""That are on their way: what does not fit into the kernel's queue comes again after a second, and is late."""
WITHIN = 120.0


def come(address: tuple[str, int], count: int, line: str) -> list[socket.socket]:
    """Until each was told something, or ended."""
    poll = select.epoll()
    waiting: dict[int, tuple[socket.socket, int]] = {}
    all_: list[socket.socket] = []
    until = time.monotonic() + WITHIN
    while (waiting or len(all_) < count) and time.monotonic() < until:
        while len(all_) < count and len(waiting) < AT_ONCE:
            sock = socket.socket()
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                sock.connect(address)
            waiting[sock.fileno()] = (sock, len(all_))
            poll.register(sock, select.EPOLLOUT if line else select.EPOLLIN)
            all_.append(sock)
        for fd, events in poll.poll(1.0):
            sock, number = waiting[fd]
            if events == select.EPOLLOUT:
                sock.send(line.replace("%d", str(number)).encode() + b"\n")
                poll.modify(fd, select.EPOLLIN)
            elif _is_done(sock, bool(line)):
                poll.unregister(fd)
                del waiting[fd]
    return all_


def _is_done(sock: socket.socket, said: bool) -> bool:
    """The greeting is no answer."""
    try:
        told = sock.recv(65536)
    except OSError:
        return True
    return not told or not said or told.count(b"\n") > 1 or b"nickname" not in told


def main() -> None:
    count, where, *line = sys.argv[1:]
    host, _, port = where.rpartition(":")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    began = time.monotonic()
    held = come((host, int(port)), int(count), "".join(line))
    print(f"{time.monotonic() - began:.2f}", flush=True)
    sys.stdin.readline()
    for sock in held:
        sock.close()
    print("gone", flush=True)


if __name__ == "__main__":
    main()
