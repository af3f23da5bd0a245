"""Whom a node, or an operator's command, takes for ready."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cluster.readiness import is_ready


@pytest.fixture
def answering() -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/readyz" and not getattr(self.server, "leaving", False) else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_only_200_is_ready(answering: HTTPServer) -> None:
    where = f"127.0.0.1:{answering.server_port}"
    assert is_ready(where)
    answering.leaving = True  # type: ignore[attr-defined]
    assert not is_ready(where)


@pytest.mark.parametrize("where", ["", "nonsense:port", "127.0.0.1:1"])
def test_nobody_there_is_not_ready(where: str) -> None:
    assert not is_ready(where)
