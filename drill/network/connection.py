"""One connection through a proxy: the client's socket, the server's, and a lane each way."""

from __future__ import annotations

import errno
import re
import selectors
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

from drill.network.lane import Lane
from drill.network.rule import Rule

# How nodes name their connections to Redis. A replica says where it listens: that is taken for its role.
_NODE = re.compile(rb"hydrachat-([^-\r]+)-(\w+)")
_REPLICA = re.compile(rb"REPLCONF\r\n\$14\r\nlistening-port\r\n\$\d+\r\n(\d+)")
REPLICA = "replica"
RESET = struct.pack("ii", 1, 0)


class Connection:
    """`number`: its place among the proxy's connections. The network's thread alone; the methods raise nothing."""

    def __init__(self, number: int, near: socket.socket, target: tuple[str, int], named: bool) -> None:
        self.number = number
        self.name = ""
        self.role = ""
        self.is_over = False
        self.near = near
        self.far = socket.socket()
        self.requests = Lane(near, self.far)
        self.replies = Lane(self.far, near)
        self._named = named
        self._connected = False
        for end in (near, self.far):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        error = self.far.connect_ex(target)
        self._connected = error == 0
        if error not in (0, errno.EINPROGRESS):
            self.cut()

    def obey(self, rules: Iterable[Rule]) -> None:
        """From now on these are in force. Cuts it if one says so."""
        mine = [rule for rule in rules if rule.is_for(self.number, self.name, self.role)]
        if any(rule.cut for rule in mine):
            self.cut()
        for lane, reply in ((self.requests, False), (self.replies, True)):
            lane.held = any(rule.holds(reply) for rule in mine)
            lane.delay = max((rule.delay for rule in mine), default=0.0)
            lane.rate = min((rule.rate for rule in mine if rule.rate), default=0.0)

    def ready(self, end: socket.socket, mask: int, now: float) -> bool:
        """Something can be done at `end`. Returns whether its name has become known, so that rules must be read
        again before anything is passed on."""
        try:
            if not self._connected:
                self._finish_connecting()
                return False
            known = bool(mask & selectors.EVENT_READ) and self._read(end, now)
            if not known:
                self.move(now)
        except OSError:
            self.cut()
            return False
        return known

    def move(self, now: float) -> None:
        """Passes on what is due."""
        try:
            if self.is_over or not self._connected:
                return
            if self.requests.write(now) or self.replies.write(now):
                self.cut()
            elif self.requests.is_over and self.replies.is_over:
                self.is_over = True
        except OSError:
            self.cut()

    def interest(self, now: float) -> list[tuple[socket.socket, int]]:
        """What it waits for at each end; 0: nothing."""
        if self.is_over:
            return [(self.near, 0), (self.far, 0)]
        if not self._connected:
            return [(self.near, 0), (self.far, selectors.EVENT_WRITE)]
        read, write = selectors.EVENT_READ, selectors.EVENT_WRITE
        near = self.requests.wants_read * read | self.replies.wants_write(now) * write
        far = self.replies.wants_read * read | self.requests.wants_write(now) * write
        return [(self.near, near), (self.far, far)]

    def due(self, now: float) -> float:
        """When it has to be moved even if nothing happens."""
        times = [lane.due() for lane in (self.requests, self.replies) if not lane.wants_write(now)]
        return min(times, default=float("inf"))

    def cut(self) -> None:
        """Both ends are reset."""
        for end in (self.near, self.far):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.is_over = True

    def release(self) -> None:
        """Closes its sockets, once nobody watches them any more."""
        self.near.close()
        self.far.close()

    def _finish_connecting(self) -> None:
        error = self.far.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "refused")
        self._connected = True

    def _read(self, end: socket.socket, now: float) -> bool:
        if end is self.far:
            self.replies.read(now)
            return False
        data = self.requests.read(now)
        if not self._named or self.name or not data:
            return False
        if found := _NODE.search(data):
            self.name, self.role = found[1].decode(), found[2].decode()
        elif found := _REPLICA.search(data):
            self.name, self.role = REPLICA, found[1].decode()
        return bool(self.name)
