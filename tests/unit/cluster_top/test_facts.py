"""What is read from a real Redis, and from nodes that answer or don't."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis

from cluster.top import facts as reading
from cluster.top.facts import NODES, ROOMS, USERS, Facts, Want
from tests.support.ports import free_port
from tests.support.servers import RedisServer
from tests.support.waiting import wait_until

P = "{hydrachat}:"


@contextmanager
def telling(text: str, go: threading.Event | None = None) -> Iterator[str]:
    """A node's HTTP side that answers with `text`, once `go` is set; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is http.server's
            if go is not None:
                go.wait(30)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that no longer waits

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            if go is not None:
                go.set()
            server.shutdown()
            thread.join()


def beat(client: Any, name: str, http: str = "", age: int = 0, **fields: str) -> None:
    client.zadd(P + "nodes", {f"{name}/b": int(time.time() * 1000) - age})
    client.hset(f"{P}node:{name}/b", mapping={"state": "serving", "clients": "2", "http": http, **fields})


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as made:
        made.hset(P + "term", mapping={"state": "open", "lease": "60000"})
        yield made


@pytest.fixture
def facts(redis_url: str) -> Iterator[Facts]:
    with closing(Facts(redis_url, P)) as made:
        yield made
    made._pool.shutdown(wait=True)


def test_nodes_redis_and_what_nodes_tell(client: Any, facts: Facts) -> None:
    with telling("hydrachat_said_accepted_total 7\n") as where:
        beat(client, "n1", where)
        beat(client, "n2", f"127.0.0.1:{free_port()}")
        beat(client, "n3", where, age=90_000)
        beat(client, "n4")
        found = facts.read(Want())
    assert (found.error, [row.alive for row in found.nodes]) == ("", [True, True, False, True])
    assert list(found.samples) == ["n1/b"]  # n3 is lost: nobody asks it; n4 has told no address
    assert found.samples["n1/b"].value("hydrachat_said_accepted_total") == 7
    assert list(found.silent) == ["n2/b"]
    assert found.store is not None
    assert (found.store.term, found.store.users, found.store.rooms, found.store.trouble) == ("open", 0, 0, "")
    assert found.store.memory > 0
    assert found.store.round_trip > 0
    assert (found.rooms, found.users) == (None, None)


def test_lists_are_read_when_they_are_wanted(client: Any, facts: Facts) -> None:
    client.hset(P + "session:s1", mapping={"nick": "Zoë", "node": "n1/b", "state": "here", "rooms": "#a"})
    client.hset(P + "inbox:s1:meta", mapping={"epoch": "e", "top": "7", "acknowledged": "5"})
    client.sadd(P + "rooms", "#a")
    client.hset(P + "room:#a:members", mapping={"s1": "Zoë"})
    client.hset(P + "room:#a:meta", mapping={"epoch": "e", "top": "9", "topic": "tea"})
    client.xadd(P + "room:#a:log", {"kind": "message"}, id="9-0")
    found = facts.read(Want(USERS))
    assert found.users is not None
    assert ([row.nick for row in found.users], found.waiting) == (["Zoë"], {"s1": 2})
    found = facts.read(Want(ROOMS, "#a"))
    assert found.rooms is not None
    assert [(row.room, row.members, row.top) for row in found.rooms] == [("#a", 1, 9)]
    assert found.room is not None
    assert (found.room.topic, found.room.retained, found.room.members) == ("tea", 1, ["Zoë"])


def test_a_long_list_is_not_read_again_at_once(client: Any, facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "REST", 10**9)
    first = facts.read(Want(ROOMS))
    client.sadd(P + "rooms", "#new")
    again = facts.read(Want(ROOMS))
    assert (again.rooms, again.listed) == (first.rooms, first.listed)
    assert again.store is not None
    assert again.store.rooms == 1


def test_a_node_that_hangs_holds_up_nobody_and_is_not_asked_twice(
    client: Any, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "NODE_WITHIN", 0.2)
    asked: list[str] = []
    go = threading.Event()

    def hang(where: str, timeout: float) -> Any:
        asked.append(where)
        go.wait(30)
        raise OSError("too late")

    monkeypatch.setattr(reading, "scrape", hang)
    beat(client, "n1", "h:1")
    for _ in range(3):
        assert facts.read(Want()).silent == {"n1/b": "it does not answer in time"}
    assert asked == ["h:1"]
    go.set()
    wait_until(lambda: facts.read(Want()).silent == {"n1/b": "too late"})


def test_redis_goes_and_comes_back_and_nodes_are_asked_meanwhile(redis_server: str, tmp_path: Path) -> None:
    server = RedisServer(redis_server, tmp_path)
    with telling("hydrachat_deliveries_total 7\n") as where, closing(Facts(server.url, P)) as facts:
        assert facts.read(Want()).error  # not started yet
        try:
            server.start()
            with server.client() as client:
                beat(client, "n1", where)
            assert [row.node for row in facts.read(Want(USERS)).nodes] == ["n1"]
            server.kill()
            away = facts.read(Want(USERS))
            assert away.error
            assert away.store is None
            assert [row.node for row in away.nodes] == ["n1"]
            assert away.samples["n1/b"].value("hydrachat_deliveries_total") == 7
            server.start()
            back = facts.read(Want(NODES))
            assert (back.error, [row.node for row in back.nodes]) == ("", ["n1"])
        finally:
            server.discard()


def test_what_redis_says_of_itself_is_told(client: Any, facts: Facts) -> None:
    client.config_set("maxmemory", "100mb")
    store = facts.read(Want()).store
    assert store is not None
    assert (store.memory_max, store.trouble) == (100 * 1024 * 1024, "")
    client.config_set("maxmemory", "1mb")
    store = facts.read(Want()).store
    assert store is not None
    assert store.trouble == "it is full"
    client.replicaof("127.0.0.1", 1)
    store = facts.read(Want()).store
    assert store is not None
    assert "replica" in store.trouble
