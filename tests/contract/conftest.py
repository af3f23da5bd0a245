"""One suite, two back ends: fakeredis (in this process) and a real redis-server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakeredis import TcpFakeServer

from cluster.link import Link, server_identity
from cluster.up.programs import in_wheel, on_path
from tests.contract.rewinder import Rewinder
from tests.contract.space import Backend, Space, connect
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.programs import INSTEAD, required
from tests.support.proxy import Proxy
from tests.support.redis_process import answers
from tests.support.waiting import wait_until


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where there is a real Redis each run of the suite asks that one alone; fakeredis, which takes up to five times
    as long, is asked by the long tests, and wherever there is no other."""
    if not on_path(("redis-server", *INSTEAD["redis-server"])) and not in_wheel("redis-server"):
        return
    for item in items:
        if getattr(item, "callspec", None) and item.callspec.params.get("backend") == "fakeredis":  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.long)


def fake_identity(_: Link) -> str:
    """fakeredis has no INFO."""
    return "fake:0"


@pytest.fixture(scope="session")
def fake_port() -> Iterator[int]:
    server = TcpFakeServer(("127.0.0.1", 0))
    # Outlives the test that asked for it first, hence the name: see tests/support/threads.py.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="pytest-fakeredis")
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    thread.join(5)
    server.server_close()


class RealRedis(Process):
    """A redis-server of one's own, which may be killed, frozen and started again on the same data."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.port = free_port()
        words = [required("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        super().__init__("redis", [*words, "--dir", str(folder), *flags], folder)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def up(self) -> RealRedis:
        self.start()
        wait_until(lambda: answers(self.port), what="Redis answers")
        return self


@pytest.fixture(scope="session")
def real_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    server = RealRedis(tmp_path_factory.mktemp("redis"), "--appendonly", "no").up()
    yield server.port
    server.discard()


def _backend(kind: str, port: int, identity: Callable[[Link], str]) -> Iterator[Backend]:
    admin: Any = connect(port)
    admin.flushall()
    yield Backend(kind, f"redis://127.0.0.1:{port}/0", port, identity, admin)
    admin.close()


@pytest.fixture(params=["fakeredis", "redis"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    if request.param == "fakeredis":
        yield from _backend("fakeredis", request.getfixturevalue("fake_port"), fake_identity)
    else:
        yield from _backend("redis", request.getfixturevalue("real_port"), server_identity)


@pytest.fixture
def fake_backend(fake_port: int) -> Iterator[Backend]:
    """For what only fakeredis can do."""
    yield from _backend("fakeredis", fake_port, fake_identity)


@pytest.fixture
def real_backend(real_port: int) -> Iterator[Backend]:
    """For what only a real server can do; the test says what that is."""
    yield from _backend("redis", real_port, server_identity)


def _space(backend: Backend) -> Iterator[Space]:
    space = Space(backend)
    yield space
    space.stop_all()


@pytest.fixture
def space(backend: Backend) -> Iterator[Space]:
    yield from _space(backend)


@pytest.fixture
def real_space(real_backend: Backend) -> Iterator[Space]:
    yield from _space(real_backend)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RealRedis]:
    """With its data in an append-only file, as `up` starts it."""
    server = RealRedis(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "always").up()
    yield server
    server.discard()


@pytest.fixture
def rewinder(own_redis: RealRedis, tmp_path: Path) -> Rewinder:
    """Of the test's own server."""
    return Rewinder(own_redis, tmp_path / "kept")


@pytest.fixture
def own_space(own_redis: RealRedis) -> Iterator[Space]:
    """On a server that the test may kill, freeze and tamper with."""
    for backend in _backend("redis", own_redis.port, server_identity):
        yield from _space(backend)


@pytest.fixture
def proxied(request: pytest.FixtureRequest) -> Iterator[Callable[[Space], Proxy]]:
    """Makes proxies in front of a space's server."""
    made: list[Proxy] = []

    def make(space: Space) -> Proxy:
        made.append(Proxy(space.backend.port))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()
