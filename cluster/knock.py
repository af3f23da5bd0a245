"""Which of several servers accept connections, all asked at once: so that the dead ones cost their time together."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from cluster.group import Address

PATIENCE = 0.05
"""Seconds for which the others are waited for once enough have answered."""


def knock(addresses: Sequence[Address], limit: float, enough: int) -> list[str]:
    """For each address why it could not be reached, or ''. The connections are closed again.

    Waits `limit` seconds at most, and only `PATIENCE` more from when `enough` have answered. The calling thread's own
    wait: what ends it is an answer, or its time. Never raises."""
    with ExitStack() as stack:
        visits = [stack.enter_context(_visit(address)) for address in addresses]
        until = time.monotonic() + limit
        while any(visit.waiting for visit in visits) and time.monotonic() < until:
            if sum(not visit.trouble for visit in visits) >= enough:
                until, enough = min(until, time.monotonic() + PATIENCE), len(visits) + 1
            _wait(visits, until)
        return [visit.trouble for visit in visits]


class _Visit:
    """One address with all that its name resolves to. `trouble`: '' once one of them has answered."""

    def __init__(self) -> None:
        self.waiting: list[socket.socket] = []
        self.trouble = "no answer in time"

    def begin(self, family: int, where: object) -> None:
        door = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.waiting.append(door)
        self.seen(door, door.connect_ex(where))  # type: ignore[arg-type]

    def seen(self, door: socket.socket, code: int) -> None:
        """How far `door` is: `code` as of connect."""
        if code == errno.EINPROGRESS:
            return
        self.trouble = errno.errorcode.get(code, str(code)) if code else ""
        for each in list(self.waiting) if not code else [door]:
            self.waiting.remove(each)
            each.close()


@contextmanager
def _visit(address: Address) -> Iterator[_Visit]:
    visit = _Visit()
    try:
        for family, _, _, _, where in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            with contextlib.suppress(OSError):  # of a family that this machine lacks
                if visit.trouble:
                    visit.begin(family, where)
    except OSError as error:
        visit.trouble = str(error)
    try:
        yield visit
    finally:
        for door in visit.waiting:
            door.close()


def _wait(visits: Sequence[_Visit], until: float) -> None:
    poller, doors = select.poll(), {door.fileno(): (visit, door) for visit in visits for door in visit.waiting}
    for number in doors:
        poller.register(number, select.POLLOUT)
    for number, _ in poller.poll(max(0.0, until - time.monotonic()) * 1000):
        visit, door = doors[number]
        if door in visit.waiting:
            visit.seen(door, door.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
