"""The HTTP endpoint when the process has nothing left: a balancer that hears nothing cuts all clients."""

from __future__ import annotations

import contextlib
import errno
import http.client
import socket
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from node import health
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import get, running


def test_it_answers_though_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(FakeCluster(Store())) as node:

        def exhausted(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", exhausted)
            for _ in range(2):
                assert get(node, "/readyz") == (200, "serving\n")
    # … and the node stops in order, though it has threads that never began.


def test_without_a_descriptor_it_waits_between_two_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [errno.EMFILE] * 3
    pauses: list[float] = []
    accept = socket.socket.accept
    with running(FakeCluster(Store())) as node:

        def exhausted(sock: socket.socket) -> tuple[socket.socket, Any]:
            if failures and sock.getsockname()[1] == node.http.port:
                raise OSError(failures.pop(), "no more")
            return accept(sock)

        monkeypatch.setattr(socket.socket, "accept", exhausted)
        monkeypatch.setattr(health, "time", SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic))
        assert get(node, "/readyz") == (200, "serving\n")
    assert pauses == [health.PAUSE] * 3


def test_a_request_that_drips_in_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread would be waited for when the node stops."""
    monkeypatch.setattr(health, "_PATIENCE", 0.2)
    ended = threading.Event()
    with running(FakeCluster(Store())) as node, socket.create_connection(node.http, 10) as client:

        def drip() -> None:
            with contextlib.suppress(OSError):  # the other end is closed
                client.sendall(b"GET /readyz HTTP/1.0\r\nX: ")
                while not ended.wait(0.02):
                    client.sendall(b"a")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(100) == b""
        finally:
            ended.set()
            dripping.join()


@pytest.mark.parametrize(
    ("host", "browser", "told"),
    [
        ("evil.example:7801", True, 403),  # a page's own name, which leads to our address
        ("evil.example.", True, 403),
        ("[::1", True, 403),
        ("evil.example:7801", False, 200),  # Prometheus may have any name for us
        ("127.0.0.1:7801", True, 200),
        ("[::1]:7801", True, 200),
        ("localhost:7801", True, 200),
        ("n1:7801", True, 200),
    ],
)
def test_a_browser_that_somebody_elses_page_has_led_here_is_told_nothing(host: str, browser: bool, told: int) -> None:
    with running(FakeCluster(Store())) as node:
        link = http.client.HTTPConnection(*node.http, timeout=5)
        agent = "Mozilla/5.0 (X11; Linux x86_64)" if browser else "Prometheus/2.53.3"
        link.request("GET", "/metrics", headers={"Host": host, "User-Agent": agent})
        answer = link.getresponse()
        assert answer.status == told
        assert (b"hydrachat_" in answer.read()) == (told == 200)
        link.close()
