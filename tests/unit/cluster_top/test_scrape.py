"""A node's `/metrics`, from nodes that answer well, wrongly, slowly or not at all."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import given, strategies as st

from cluster.top.names import DELAY
from cluster.top.scrape import LARGEST, parsed, scrape
from node.metrics import Metrics
from tests.support.ports import free_port


@contextmanager
def answering(act: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server for one client; its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            link, _ = listener.accept()
            with link:
                try:
                    link.recv(65536)
                    act(link)
                except OSError:
                    pass  # the client has gone

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join(10)


def reply(body: bytes, status: str = "200 OK") -> Callable[[socket.socket], object]:
    return lambda link: link.sendall(f"HTTP/1.0 {status}\r\n\r\n".encode() + body)


def test_what_a_node_renders_is_read() -> None:
    metrics = Metrics()
    metrics.accepted.inc(7)
    metrics.deliveries.inc(70)
    with answering(reply(metrics.render())) as where:
        found = scrape(where, 5)
    assert found.value("hydrachat_said_accepted_total") == 7
    assert found.value("hydrachat_deliveries_total") == 70


def test_labels_are_told_apart_and_summed() -> None:
    name = "hydrachat_connections"
    text = f'# TYPE {name} gauge\n{name}{{dialect="native"}} 1\n{name}{{dialect="plain"}} 2\nprocess_threads 7\n'
    text += 'hydrachat_rooms{x="p",y="q"} 5\nhydrachat_rooms{x="r",y="q"} 6\n'
    found = parsed(text, 1.0)
    assert found.values == {name: 3, f"{name}{{native}}": 1, f"{name}{{plain}}": 2, "hydrachat_rooms": 11}


def test_buckets_of_all_labels_are_one_histogram() -> None:
    one = f'{DELAY}_bucket{{le="1",x="a"}} 1\n{DELAY}_bucket{{le="+Inf",x="a"}} 2\n'
    two = f'{DELAY}_bucket{{le="1",x="b"}} 3\n{DELAY}_sum 4\n'
    found = parsed(f"# TYPE {DELAY} histogram\n" + one + two, 1.0)
    assert found.buckets == {DELAY: {1.0: 4, float("inf"): 2}}
    assert found.value(f"{DELAY}_sum") == 4


def test_what_a_node_does_not_know_is_not_known() -> None:
    assert parsed("hydrachat_rooms NaN\n", 1.0).value("hydrachat_rooms") is None


@pytest.mark.parametrize(
    "text", ["hydrachat_rooms", "hydrachat_rooms x", 'hydrachat_rooms{a="', "hydrachat_rooms{a} 1"]
)
def test_what_is_spoilt_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text, 1.0)


@given(st.text() | st.text().map("hydrachat_rooms{}".format))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parsed(text, 1.0)
    except ValueError:
        pass


@pytest.mark.parametrize(
    "act",
    [
        reply(b"", "404 Not Found"),
        reply(b"hydrachat_rooms{} what is it"),
        reply(b"<html>{} what is it"),
        lambda link: link.sendall(b"SSH-2.0-OpenSSH\r\n"),
        lambda link: None,
    ],
    ids=["not found", "spoilt", "a page", "no HTTP", "closed"],
)
def test_what_is_no_node_is_an_error(act: Callable[[socket.socket], object]) -> None:
    with answering(act) as where, pytest.raises(OSError, match=r"."):
        scrape(where, 5)


@pytest.mark.parametrize("where", ["", "nonsense", "a:b:c", "127.0.0.1:99999", "[::1", "exa mple:80"])
def test_an_address_that_is_none_is_an_error(where: str) -> None:
    with pytest.raises(OSError, match=r"."):
        scrape(where or f"127.0.0.1:{free_port()}", 1)


def test_an_answer_that_drips_ends_in_time() -> None:
    over = threading.Event()

    def drip(link: socket.socket) -> None:
        link.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        while not over.wait(0.02):
            link.sendall(b"hydrachat_rooms 1\n")

    with answering(drip) as where:
        began = time.monotonic()
        try:
            with pytest.raises(OSError, match="in time"):
                scrape(where, 0.3)
        finally:
            over.set()
        assert time.monotonic() - began < 60  # it would never have ended


def test_an_answer_without_end_is_not_taken_in_whole() -> None:
    def pour(link: socket.socket) -> None:
        link.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        for _ in range(4 * LARGEST // 65536):
            link.sendall(b"a 1\n" * 16384)

    with answering(pour) as where, pytest.raises(OSError, match="in time"):
        scrape(where, 60)
