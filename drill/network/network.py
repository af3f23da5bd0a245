"""The thread that moves all that goes through the proxies."""

from __future__ import annotations

import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from drill.network.connection import Connection
from drill.network.proxy import Proxy
from drill.processes.ports import free_port

ORDER_WITHIN = 15.0
LONGEST_WAIT = 1.0
NEVER = float("inf")

Order = tuple[Callable[[], None], Future[None]]


class Network:
    """Makes proxies, whose sockets belong to its one thread; others send it orders, and wait for them.

    The thread waits in its selector, whose waker is a byte on a socket pair. `stop` ends it. Where it dies by itself
    `trouble` says why, and each order raises. What fills when it is slow are the kernel's buffers."""

    def __init__(self) -> None:
        self.trouble = ""
        self._proxies: list[Proxy] = []
        self._timed: dict[Connection, Proxy] = {}  # who has something to do later
        self._watched: dict[socket.socket, int] = {}  # socket -> what for
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)

    def start(self) -> None:
        """Once."""
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Resets all connections. Idempotent."""
        self._stopping = True
        self._rouse()
        if self._thread.ident is not None:
            self._thread.join(ORDER_WITHIN)
        else:
            self._close()
        self._wake.close()

    def proxy(self, target: int, named: bool = False) -> Proxy:
        """A new port in front of port `target`. Any thread; raises OSError, RuntimeError."""
        proxy = Proxy(free_port(), target, named, self)

        def put() -> None:
            proxy.open()
            self._proxies.append(proxy)

        self.call(put)
        return proxy

    def call(self, order: Callable[[], None]) -> None:
        """Has it done by the thread. Raises OSError as it does, RuntimeError if nobody does it."""
        done: Future[None] = Future()
        self._orders.put((order, done))
        if not self._thread.is_alive():
            raise RuntimeError(f"the network does not run: {self.trouble or 'it was stopped'}")
        self._rouse()
        try:
            done.result(ORDER_WITHIN)
        except TimeoutError:
            raise RuntimeError(f"the network does not answer: {self.trouble or 'it is too slow'}") from None

    def settle(self, proxy: Proxy, connection: Connection) -> None:
        """Watches what the connection waits for now; forgets it if it is over."""
        now = time.monotonic()
        for end, mask in connection.interest(now):
            self._watch(end, mask, (proxy, connection))
        if connection.due(now) < NEVER and not connection.is_over:
            self._timed[connection] = proxy
        else:
            self._timed.pop(connection, None)
        if connection.is_over and connection in proxy.connections:
            connection.release()
            proxy.connections.remove(connection)
            if connection.replies.was_halved:
                proxy.halved(connection)

    def watch(self, proxy: Proxy, listener: socket.socket) -> None:
        """`proxy` is to accept when somebody knocks there."""
        self._watch(listener, selectors.EVENT_READ, (proxy, None))

    def unwatch(self, end: socket.socket) -> None:
        """Before it is closed."""
        self._watch(end, 0, None)

    def _rouse(self) -> None:
        with suppress(OSError):  # full of wakes already, or all is over
            self._wake.send(b"!")

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._round()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not look as if the cluster had failed
            self.trouble = f"the network's thread died: {error!r}"
        finally:
            self._close()

    def _round(self) -> None:
        now = time.monotonic()
        soonest = min((connection.due(now) for connection in self._timed), default=NEVER)
        for key, mask in self._selector.select(max(0.0, min(soonest - now, LONGEST_WAIT))):
            if key.data is None:
                self._obey()
            elif isinstance(key.fileobj, socket.socket):
                proxy, connection = key.data
                self._serve(proxy, connection, key.fileobj, mask)
        now = time.monotonic()
        for late, its_proxy in [each for each in self._timed.items() if each[0].due(now) <= now]:
            late.move(now)
            self.settle(its_proxy, late)

    def _serve(self, proxy: Proxy, connection: Connection | None, end: socket.socket, mask: int) -> None:
        if connection is None:
            proxy.accept()
            return
        if connection.is_over:
            return
        now = time.monotonic()
        if connection.ready(end, mask, now):
            proxy.instruct(connection)
            connection.move(now)
        self.settle(proxy, connection)

    def _obey(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        while True:
            try:
                order, done = self._orders.get_nowait()
            except queue.Empty:
                return
            try:
                order()
                done.set_result(None)
            except OSError as error:
                done.set_exception(error)

    def _watch(self, end: socket.socket, mask: int, data: object) -> None:
        before = self._watched.get(end, 0)
        if mask == before:
            return
        if not mask:
            self._selector.unregister(end)
            del self._watched[end]
            return
        if before:
            self._selector.modify(end, mask, data)
        else:
            self._selector.register(end, mask, data)
        self._watched[end] = mask

    def _close(self) -> None:
        for proxy in self._proxies:
            proxy.close()
        self._selector.close()
        self._woken.close()
