"""R2: a link never does anything twice, and a broken one stays closed until it is opened."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from cluster.errors import Unavailable
from cluster.link import Link
from tests.support.waiting import wait_until


class Server:
    """Takes connections, says OK to whatever sets them up, and treats ECHO as `echo` tells."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        self.accepted = 0
        self.echoes = 0
        self.cuts = True
        self.thread = threading.Thread(target=self._serve, name="server")
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        while data := peer.recv(65536):
            if b"ECHO" in data:
                self.echoes += data.count(b"ECHO")
                if self.cuts:
                    return
                continue  # silence
            peer.sendall(b"+OK\r\n" * data.count(b"*"))

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def test_a_cut_is_told_and_nothing_is_sent_again(server: Server) -> None:
    link = Link(server.url, 2.0, "test")
    link.open()
    with pytest.raises(Unavailable):
        link.run([["ECHO", "a"], ["ECHO", "b"]])
    assert not link.is_open
    with pytest.raises(Unavailable):
        link.run([["ECHO", "c"]])
    assert (server.accepted, server.echoes) == (1, 2)


def test_silence_is_told_in_time(server: Server) -> None:
    server.cuts = False
    link = Link(server.url, 0.2, "test")
    link.open()
    began = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        link.run([["ECHO", "a"]])
    assert 0.15 < time.monotonic() - began < 1.5
    assert (server.accepted, server.echoes) == (1, 1)
    link.close()


def test_opening_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    link = Link("redis://127.0.0.1:1/0", 1.0, "test")

    def refuse() -> socket.socket:
        tried.append(1)
        raise ConnectionRefusedError("no")

    monkeypatch.setattr(link._connection, "_connect", refuse)
    with pytest.raises(Unavailable, match="can't be reached"):
        link.open()
    assert tried == [1]
    link.close()
    link.close()


@pytest.mark.parametrize("for_good", [True, False])
def test_abort_wakes_who_waits(server: Server, for_good: bool) -> None:
    server.cuts = False
    link = Link(server.url, 30.0, "test")
    link.open()
    errors: list[Unavailable] = []

    def wait() -> None:
        try:
            link.run([["ECHO", "a"]])
        except Unavailable as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    wait_until(lambda: server.echoes, what="it waits")
    (link.finish if for_good else link.abort)()
    waiting.join(5)
    assert len(errors) == 1
    if for_good:
        with pytest.raises(Unavailable):
            link.open()
    else:
        link.open()
    link.close()
