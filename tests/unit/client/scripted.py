"""A loopback cluster: the model's world behind real sockets, with a native protocol and faults.

One thread owns all of it; the test gives it commands. Stopped at the end of the `with`, which wakes
it through a socket pair; a fault in that thread fails the test.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar

from tests.unit.client.model import Line, World
from wire.address import Address
from wire.errors import WireError
from wire.frames import Bye, Frame, Message, ServerFrame
from wire.plain_input import Blank, Help
from wire.server import ServerProtocol
from wire.states import ends

GREETING = b"nickname, please\n"
T = TypeVar("T")


class Connection:
    def __init__(self, sock: socket.socket, line: Line) -> None:
        self.sock = sock
        self.line = line
        self.protocol = ServerProtocol()
        self.out = bytearray(GREETING)
        self.ended = False


class Loopback:
    """`nodes` listeners that share one world."""

    def __init__(self, nodes: int = 1) -> None:
        self._listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(nodes)]
        self.addresses = [Address("127.0.0.1", sock.getsockname()[1]) for sock in self._listeners]
        self.world = World(self.addresses)
        self.heard: list[Frame] = []
        self._connections: list[Connection] = []
        self._frozen: set[int] = set()
        self._commands: list[Callable[[], None]] = []
        self._waker, self._wakee = socket.socketpair()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="loopback")

    @property
    def servers(self) -> list[str]:
        return [str(address) for address in self.addresses]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._waker.send(b"\0")
        self._thread.join(10)
        for sock in (self._waker, self._wakee, *self._listeners, *(one.sock for one in self._connections)):
            sock.close()

    def run(self, what: Callable[[], T]) -> T:
        """Carries `what` out on the thread that owns the world."""
        done: Future[T] = Future()

        def command() -> None:
            done.set_result(what())

        self._commands.append(command)
        self._waker.send(b"\0")
        return done.result(10)

    def post(self, text: str) -> Message:
        return self.run(lambda: self.world.post(text))

    def send(self, *frames: ServerFrame) -> None:
        """To everybody who is connected."""

        def send() -> None:
            for one in self._connections:
                one.line.down.extend(frames)

        self.run(send)

    def send_raw(self, data: bytes) -> None:
        """To everybody who is connected, as it is."""

        def send() -> None:
            for one in self._connections:
                one.out.extend(data)

        self.run(send)

    def kill(self, node: int) -> None:
        """The process is gone: connections are reset, new ones refused."""
        self.run(lambda: self._kill(node))

    def freeze(self, node: int) -> None:
        """The process is stopped: connections are accepted by the kernel, nothing is answered."""
        self.run(lambda: self._frozen.add(node))

    def thaw(self, node: int) -> None:
        self.run(lambda: self._frozen.discard(node))

    def connected(self, node: int) -> int:
        """How many connections the node has."""
        return self.run(lambda: sum(one.line.address == self.addresses[node] for one in self._connections))

    # -- the owning thread ---------------------------------------------------------------

    def _loop(self) -> None:
        while not self._stopping:
            with selectors.DefaultSelector() as selector:
                self._register(selector)
                ready = [(key.data, events) for key, events in selector.select()]
            for what, events in ready:
                self._serve(what, events)
            self._work()

    def _register(self, selector: selectors.BaseSelector) -> None:
        selector.register(self._wakee, selectors.EVENT_READ, "wake")
        for number, listener in enumerate(self._listeners):
            if number not in self._frozen and listener.fileno() >= 0:
                selector.register(listener, selectors.EVENT_READ, number)
        for one in self._connections:
            if self.addresses.index(one.line.address) not in self._frozen:
                writing = selectors.EVENT_WRITE if one.out else 0
                selector.register(one.sock, selectors.EVENT_READ | writing, one)

    def _serve(self, what: object, events: int) -> None:
        if what == "wake":
            self._wakee.recv(4096)
            commands, self._commands = self._commands, []
            for command in commands:
                command()
        elif isinstance(what, int):
            sock, _ = self._listeners[what].accept()
            line = Line(0, self.addresses[what])
            self._connections.append(Connection(sock, line))
        elif isinstance(what, Connection) and what in self._connections:
            self._transfer(what, events)

    def _transfer(self, one: Connection, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                del one.out[: one.sock.send(one.out)]
            data = one.sock.recv(65536) if events & selectors.EVENT_READ else None
        except OSError:
            data = b""
        if data == b"":
            self._drop(one)
        elif data:
            self._read(one, data)

    def _read(self, one: Connection, data: bytes) -> None:
        for event in one.protocol.receive_data(data):
            assert not isinstance(event, WireError | Help | Blank), event
            self.heard.append(event)
            one.line.up.append(event)
            self.world.handle(one.line)
            self._encode(one)

    def _work(self) -> None:
        for one in list(self._connections):
            self._encode(one)
            if one.ended and not one.out:
                self._drop(one)

    def _encode(self, one: Connection) -> None:
        while one.line.down:
            frame = one.line.down.popleft()
            one.ended = one.ended or isinstance(frame, Bye) or ends(frame, one.protocol.state)
            one.out += one.protocol.send(frame)

    def _drop(self, one: Connection, *, reset: bool = False) -> None:
        self._connections.remove(one)
        one.line.cut = True
        if reset:
            one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.sock.close()

    def _kill(self, node: int) -> None:
        self._listeners[node].close()
        for one in [one for one in self._connections if one.line.address == self.addresses[node]]:
            self._drop(one, reset=True)
