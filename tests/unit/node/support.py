"""Nodes over a fake cluster, and clients that talk to them over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar

from cluster.seam import ClusterEvents, ClusterSeam
from cluster.types import NodeInfo
from node.logs import open_log
from node.main import Node
from node.settings import NodeSettings
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from wire import Address, decode_server, encode
from wire.frames import ClientFrame, Frame, Hello, Joined, Ping, Pong, ServerFrame, Welcome

F = TypeVar("F", bound=Frame)
HERE = Address("127.0.0.1", 0)


@contextlib.contextmanager
def running(cluster: FakeCluster, **settings: Any) -> Iterator[Node]:
    """A node on free ports. Its log is `node.lines`, as parsed JSON, once it stopped."""
    stream = io.StringIO()
    wanted = {"id": cluster.node, "listen": HERE, "redis": "redis://nowhere/0", "http": HERE, **settings}

    def make(events: ClusterEvents, address: str, http: str) -> ClusterSeam:
        cluster.events = events
        return cluster

    told = NodeSettings(**wanted)
    node = Node(told, open_log(cluster.node, "json", stream, told.log_level), make)
    node.start()
    try:
        yield node
    finally:
        node.stop()
        # Nobody else looks: a client's thread is not one of those that `threading` knows.
        assert len(node.house.roster) == 0, "a client's thread outlived its node"
        _lines[id(node)] = stream.getvalue()


_lines: dict[int, str] = {}


def log_of(node: Node) -> list[dict[str, Any]]:
    """What the stopped `node` logged."""
    return [json.loads(line) for line in _lines[id(node)].splitlines()]


class Client:
    """A socket with a deadline on everything."""

    def __init__(self, node: Node, *, receive_buffer: int = 0) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(5)
        self.sock.connect(tuple(node.address))
        self.buffer = b""
        self.greeting = self.line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def line(self) -> bytes:
        """The next line; b'' at the end."""
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                return b""
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def lines_until(self, text: str) -> list[str]:
        """Lines up to the one that holds `text`."""
        found: list[str] = []
        while not found or text not in found[-1]:
            line = self.line()
            assert line, f"the connection ended before {text!r}: {found}"
            found.append(line.decode())
        return found

    def rest(self) -> list[str]:
        """All lines up to the end."""
        found: list[str] = []
        while line := self.line():
            found.append(line.decode())
        return found

    def put(self, text: str) -> None:
        self.sock.sendall(text.encode())

    def half_close(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)


class Native(Client):
    """Speaks frames."""

    def say(self, frame: ClientFrame) -> None:
        self.sock.sendall(encode(frame))

    def frame(self) -> ServerFrame:
        line = self.line()
        assert line, "the connection ended"
        frame = decode_server(line)
        assert frame is not None
        return frame

    def expect(self, kind: type[F], fits: Callable[[F], bool] = lambda _: True) -> F:
        """The next frame of `kind` that fits, passing over the others."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            frame = self.frame()
            if isinstance(frame, kind) and fits(frame):
                return frame
        raise AssertionError(f"no {kind.__name__}")

    def frames_to_end(self) -> list[ServerFrame]:
        return [frame for line in self.rest() if (frame := decode_server(line.encode())) is not None]

    def enter(self, nick: str) -> Welcome:
        """hello, and the answers to it."""
        self.say(Hello(nick=nick))
        welcome = self.expect(Welcome)
        self.expect(Joined, lambda joined: joined.count is not None)
        return welcome

    def barrier(self) -> None:
        """All that was asked before is carried out whole; after `enter`: what is not in a log comes, too."""
        self.say(Ping())
        self.expect(Pong)


def plain(node: Node, nick: str) -> Client:
    """A person who has just come in."""
    client = Client(node)
    client.put(f"{nick}\n")
    client.lines_until("you are in #lobby")
    return client


def pair() -> tuple[Store, FakeCluster, FakeCluster]:
    """Two nodes' doors to one store."""
    store = Store()
    return store, FakeCluster(store, "n1"), FakeCluster(store, "n2")


def get(node: Node, path: str) -> tuple[int, str]:
    link = http.client.HTTPConnection(*node.http, timeout=5)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read().decode()
    finally:
        link.close()


def info(node: Node, name: str) -> NodeInfo:
    return NodeInfo(name, "b", str(node.address), str(node.http), "serving", "1", 0, 0.1, alive=True)
