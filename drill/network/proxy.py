"""A port in front of another one, with the rules that are in force between the two."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from drill.network.connection import Connection
from drill.network.rule import Rule
from drill.processes.ports import HOST
from drill.processes.waiting import STEP

BACKLOG = 512
REOPEN_WITHIN = 5.0


class Loop(Protocol):
    """What a proxy needs of the network. `call`: any thread, the others only in an order or by the loop itself."""

    def call(self, order: Callable[[], None]) -> None: ...

    def settle(self, proxy: Proxy, connection: Connection) -> None: ...

    def watch(self, proxy: Proxy, listener: socket.socket) -> None: ...

    def unwatch(self, end: socket.socket) -> None: ...


@dataclass
class _InForce:
    rule: Rule
    before: int  # connections of lower numbers were there when it began
    halves: int

    def is_for(self, connection: Connection) -> bool:
        return self.rule.is_for(connection.number, connection.name, connection.role) and (
            not self.rule.only_now or connection.number < self.before
        )


class Proxy:
    """Made by `Network.proxy`. `add` and `remove` may be called by any thread, all else is the network's.

    `named`: connections are told apart by the names that nodes give them at Redis."""

    def __init__(self, port: int, target: int, named: bool, loop: Loop) -> None:
        self.port = port
        self.address = f"{HOST}:{port}"
        self.connections: set[Connection] = set()
        self._listener: socket.socket | None = None
        self._target = (HOST, target)
        self._named = named
        self._loop = loop
        self._next = 0
        self._keys = itertools.count(1)
        self._rules: dict[int, _InForce] = {}

    def add(self, rule: Rule) -> int:
        """Puts `rule` in force, returns its key. Raises RuntimeError if the network does not run."""
        key = next(self._keys)

        def put() -> None:
            self._rules[key] = _InForce(rule, self._next, rule.halves)
            self._changed()

        self._loop.call(put)
        return key

    def remove(self, key: int) -> None:
        """Ends a rule; nothing happens if it is over. Raises RuntimeError if the network does not run, OSError if the
        port is somebody else's by now. It lies outside of what the kernel gives to others, but somebody's `free_port`
        may look just now: that is waited for here, not by the network, which carries all other connections."""

        def drop() -> None:
            self._rules.pop(key, None)
            self._changed()

        self._loop.call(drop)
        deadline = time.monotonic() + REOPEN_WITHIN
        while True:
            try:
                return self._loop.call(self._reopen)
            except OSError:
                if time.monotonic() > deadline:
                    raise OSError(f"port {self.port} was taken while its proxy refused") from None
                time.sleep(STEP)

    def open(self) -> None:
        """Listens. Raises OSError."""
        listener = socket.create_server((HOST, self.port), backlog=BACKLOG)
        listener.setblocking(False)
        self._listener = listener
        self._loop.watch(self, listener)

    def accept(self) -> None:
        """Takes who knocks."""
        while self._listener is not None:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection(self._next, near, self._target, self._named)
            self._next += 1
            self.connections.add(connection)
            self.instruct(connection)
            self._loop.settle(self, connection)

    def instruct(self, connection: Connection) -> None:
        """Tells it what is in force for it."""
        mine = [each for each in self._rules.values() if each.is_for(connection)]
        connection.obey([each.rule for each in mine])
        connection.replies.half = any(each.halves > 0 for each in mine)

    def halved(self, connection: Connection) -> None:
        """A reply of it was passed by half."""
        for each in self._rules.values():
            if each.halves > 0 and each.is_for(connection):
                each.halves -= 1
                if not each.halves:
                    self._changed()
                return

    def close(self) -> None:
        """Resets everything and listens no more."""
        self._shut()
        for connection in list(self.connections):
            connection.cut()
            self._loop.settle(self, connection)

    def _changed(self) -> None:
        for connection in list(self.connections):
            self.instruct(connection)
            self._loop.settle(self, connection)
        if self._is_to_refuse:
            self._shut()
        else:
            with suppress(OSError):  # `remove` goes on trying
                self._reopen()

    @property
    def _is_to_refuse(self) -> bool:
        return any(each.rule.shuts for each in self._rules.values())

    def _shut(self) -> None:
        if self._listener is not None:
            self._loop.unwatch(self._listener)
            self._listener.close()
            self._listener = None

    def _reopen(self) -> None:
        if self._listener is None and not self._is_to_refuse:
            self.open()
