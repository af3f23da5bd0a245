"""The HTTP endpoint: `/healthz`, `/readyz` (R9), `/metrics`. It answers before Redis was reached."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from node.metrics import Metrics
from node.standing import Standing
from wire import Address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_TEXT = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_BROWSER = "Mozilla/"
"""So every browser begins to say what it is."""
_PATIENCE = 2.0
"""Seconds a client of this endpoint may take for its request, in all; it bounds how long `stop` and `close` take."""

PAUSE = 0.1
"""Seconds after a request that could not be accepted."""

Answer = tuple[HTTPStatus, str, bytes]


class HealthServer:
    """Bound when made: raises OSError. `run` is the thread's loop, `stop` ends it, `close` comes last."""

    def __init__(self, address: Address, standing: Standing, metrics: Metrics) -> None:
        pages: dict[str, Callable[[], Answer]] = {
            "/healthz": lambda: (HTTPStatus.OK, _TEXT, b"alive\n"),
            "/readyz": lambda: _readiness(standing),
            "/metrics": lambda: (HTTPStatus.OK, _METRICS, metrics.render()),
        }
        handler = type("Handler", (_Handler,), {"pages": pages})
        server = type("Server", (_Server,), {"address_family": _family(address)})
        self._server: _Server = server(tuple(address), handler)
        self.address = Address(*self._server.server_address[:2])

    def run(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Only while `run` runs."""
        self._server.shutdown()

    def close(self) -> None:
        """After `run` has ended."""
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined by server_close; `_PATIENCE` bounds each

    def get_request(self) -> tuple[socket.socket, Any]:
        try:
            return super().get_request()
        except OSError:  # no descriptor, perhaps: who asks goes on waiting, and the loop would spin
            time.sleep(PAUSE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            # No thread is left. Without an answer a balancer would take us for dead and cut all whom we have.
            self._threads.reap()  # type: ignore[attr-defined]  # the one that did not start can't be joined
            self.process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that broke off is no event."""


class _Until(io.RawIOBase):
    """Reads from `sock` until `deadline` (monotonic). A socket's own timeout is one for each byte that drips in."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        patience = self._deadline - time.monotonic()
        if patience <= 0:
            raise TimeoutError
        self._sock.settimeout(patience)
        return self._sock.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    pages: dict[str, Callable[[], Answer]]
    timeout = _PATIENCE

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Until(self.connection, time.monotonic() + _PATIENCE))

    def do_GET(self) -> None:  # the name is http.server's
        page = self.pages.get(self.path.partition("?")[0])
        status, kind, body = HTTPStatus.NOT_FOUND, _TEXT, b"no such page\n"
        if is_lured(self.headers.get("Host", ""), self.headers.get("User-Agent", "")):
            status, body = HTTPStatus.FORBIDDEN, b"a browser asks by this node's address, or by its host name\n"
        elif page:
            status, kind, body = page()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Balancers ask twice a second: not worth a line."""


def is_lured(host: str, agent: str) -> bool:
    """Whether somebody else's page has an operator's browser ask here, by a name of his own that he has led to our
    address (DNS rebinding): only so could that page read the answer. What is no browser may use any name."""
    if not agent.startswith(_BROWSER):
        return False
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return True
    ours = name == socket.gethostname().lower() or name.endswith(".localhost")
    return ("." in name or not name) and not (ours or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _readiness(standing: Standing) -> Answer:
    # 404, not 503: HAProxy's disable-on-404 keeps the clients that it has (R9).
    status = HTTPStatus.OK if standing.ready else HTTPStatus.NOT_FOUND
    return status, _TEXT, f"{standing.state}\n".encode()


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET
