"""Draining and restarting as an operator sees it, where the nodes don't play along. Rows are written by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from cluster.operator import drain as draining, rolling
from cluster.operator.errors import Failed
from cluster.operator.leaving import _Duration
from cluster.operator.read import NodeRow
from cluster.up.bell import Running

P = "{hydrachat}:"
Said = list[str]


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as made:
        made.hset(P + "term", "lease", 5000)
        yield made


@pytest.fixture
def ready() -> Iterator[str]:
    """The address of a page that says 200 to all."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def show(client: Any, name: str, http: str = "", age: float = 0.0, **fields: object) -> None:
    """Puts the row of `<node>/<boot>` there, with a heartbeat `age` seconds old."""
    client.zadd(P + "nodes", {name: (time.time() - age) * 1000})
    client.hset(f"{P}node:{name}", mapping={"state": "serving", "clients": 2, "http": http, "pid": 7, **fields})


def test_a_node_that_does_not_hear_is_told_of_at_once(client: Any) -> None:
    show(client, "n1/a")
    with pytest.raises(Failed, match="n1 does not hear"):
        draining.drain(client, P, "n1", None, force=False, say=print)


def listening(client: Any, name: str, act: Callable[[str], None]) -> threading.Thread:
    """A node that hears one order and does `act(order)`."""
    heard = client.pubsub()
    heard.subscribe(f"{P}node:{name}")
    assert heard.get_message(timeout=10)["type"] == "subscribe"

    def run() -> None:
        with heard:
            act(heard.get_message(timeout=10)["data"].split()[-1])

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_refusal_is_one_clear_line(client: Any) -> None:
    show(client, "n1/a")
    node = listening(client, "n1/a", lambda order: show(client, "n1/a", drain=f"{order} refused"))
    with pytest.raises(Failed, match="n1 refused: no other node is ready"):
        draining.drain(client, P, "n1", None, force=False, say=print)
    node.join()


def test_a_node_that_dies_while_it_drains_is_no_success(client: Any) -> None:
    show(client, "n1/a")
    node = listening(client, "n1/a", lambda order: show(client, "n1/a", age=60, drain=f"{order} accepted 0"))
    with pytest.raises(Failed, match="n1 was lost while it drained"):
        draining.drain(client, P, "n1", None, force=False, say=print)
    node.join()


@pytest.mark.parametrize(("answer", "told"), [("accepted 13", 13), ("accepted", 12)], ids=["counted", "older node"])
def test_the_clients_are_those_that_the_node_counted_not_those_left_when_we_look(
    client: Any, answer: str, told: int
) -> None:
    show(client, "n1/a")

    def accept(order: str) -> None:
        show(client, "n1/a", state="draining", clients=12, drain=f"{order} {answer}")

    node, said = listening(client, "n1/a", accept), Said()

    def say(line: str) -> None:
        said.append(line)
        client.delete(f"{P}node:n1/a")  # it signs off

    draining.drain(client, P, "n1", None, force=False, say=say)
    assert said == [f"n1 is draining, {told} clients to move", "n1 has stopped"]
    node.join()


def test_a_node_whose_row_went_with_the_data_has_not_stopped(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is emptied in the middle of a drain; the node comes back under another boot, and ends later."""
    show(client, "n1/a")
    client.hset(P + "term", "term", "t1")
    now = int(time.time() * 1000)
    node = listening(client, "n1/a", lambda order: show(client, "n1/a", state="draining", drain=f"{order} accepted 2"))
    steps: Iterator[Callable[[], object]] = iter([
        lambda: client.hset(P + "term", mapping={"term": "t2", "opened": now, "lease": 5000}),
        lambda: show(client, "n1/b", state="draining", clients=1),
        lambda: client.delete(f"{P}node:n1/b"),
        lambda: client.hset(P + "term", "opened", now - 6000),
    ])  # fmt: skip
    said = Said()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 1:
            client.flushall()
            clock = SimpleNamespace(sleep=lambda _: next(steps)(), monotonic=time.monotonic)
            monkeypatch.setattr("cluster.operator.drain.time", clock)

    draining.drain(client, P, "n1", None, force=False, say=say)
    assert said == ["n1 is draining, 2 clients to move", "n1: 1 client left", "n1 has stopped"]
    node.join()


def test_a_node_whose_row_a_promotion_took_has_not_stopped(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new master's data are from before the row was written, and no node has noticed yet: the term is the same."""
    show(client, "n1/a")
    client.hset(P + "term", mapping={"term": "t1", "server": "another:server"})
    orders: list[str] = []

    def vanish(order: str) -> None:
        client.delete(f"{P}node:n1/a")
        orders.append(order)

    node = listening(client, "n1/a", vanish)
    steps: Iterator[Callable[[], object]] = iter(
        [
            lambda: node.join(),
            lambda: client.hset(P + "term", mapping={"term": "t2", "opened": int(time.time() * 1000)}),
            lambda: show(client, "n1/a", drain=f"{orders[0]} refused"),
        ]
    )
    clock = SimpleNamespace(sleep=lambda _: next(steps, lambda: None)(), monotonic=time.monotonic)
    monkeypatch.setattr("cluster.operator.drain.time", clock)
    with pytest.raises(Failed, match="n1 refused: no other node is ready"):
        draining.drain(client, P, "n1", None, force=False, say=print)


def test_restarting_stops_at_the_first_that_does_not_come_back(
    client: Any, ready: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("n1/a", "n2/a", "n3/a"):
        show(client, name, ready)
    drained, said = list[str](), Said()

    def gone(client: Any, prefix: str, node: str, *_: object) -> NodeRow:
        drained.append(node)
        row = draining.living(client, prefix, node)
        client.zrem(P + "nodes", f"{node}/a")
        if node == "n1":
            show(client, "n1/b", ready)
        return row

    monkeypatch.setattr(rolling, "drain", gone)
    monkeypatch.setattr(rolling, "BACK_WITHIN", 0.3)
    monkeypatch.setattr(rolling, "HEARD_AFTER", 0.0)
    monkeypatch.setattr(Running, "ring", lambda _: True)
    with pytest.raises(Failed, match="n2 is not ready again"):
        rolling.restart_all(client, P, Running(7700, 1, 3), None, force=False, say=said.append)
    assert drained == ["n1", "n2"]
    assert said == ["n1 is ready again"]


def test_nothing_is_restarted_while_a_node_is_missing(client: Any, ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    show(client, "n1/a", ready)
    show(client, "n2/a", ready, state="degraded")
    monkeypatch.setattr(rolling, "BACK_WITHIN", 0.0)
    monkeypatch.setattr(Running, "ring", lambda _: True)
    with pytest.raises(Failed, match="nothing was restarted"):
        rolling.restart_all(client, P, Running(7700, 1, 2), None, force=False, say=print)


def test_an_up_that_has_ended_is_told_of(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Running, "ring", lambda _: False)
    with pytest.raises(Failed, match="has ended"):
        rolling.restart_all(client, P, Running(7700, 1, 2), None, force=False, say=print)


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20.0), ("20", 20.0), ("2m", 120.0), ("500ms", 0.5), ("0", 0.0), ("1.5 s", 1.5)]
)
def test_times_as_people_write_them(text: str, seconds: float) -> None:
    assert _Duration().convert(text, None, None) == seconds
