"""The network of a drill: what passes, what stands still, what is cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from drill.network.network import Network
from drill.network.proxy import Proxy
from drill.network.rule import Rule
from drill.processes.waiting import wait_until

WITHIN = 10.0


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    network.start()
    yield network
    network.stop()
    assert network.trouble == ""


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WITHIN)
        yield server


class Pair:
    """Both ends of one connection through a proxy."""

    def __init__(self, proxy: Proxy, server: socket.socket) -> None:
        self.near = socket.create_connection(("127.0.0.1", proxy.port), WITHIN)
        self.far, _ = server.accept()
        self.far.settimeout(WITHIN)

    def passes(self, request: bytes = b"ask", reply: bytes = b"answer") -> None:
        self.near.sendall(request)
        assert exactly(self.far, len(request)) == request
        self.far.sendall(reply)
        assert exactly(self.near, len(reply)) == reply

    def nothing_comes(self, end: socket.socket) -> bool:
        """Looks only: how long is for the test to say, by something else that did pass meanwhile."""
        end.setblocking(False)
        try:
            return not end.recv(1, socket.MSG_PEEK) and False
        except BlockingIOError:
            return True
        finally:
            end.settimeout(WITHIN)


def exactly(end: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (piece := end.recv(size - len(got))):
        got += piece
    return got


def is_reset(end: socket.socket) -> bool:
    try:
        return end.recv(1) != b"" and False
    except ConnectionResetError:
        return True


@pytest.fixture
def pairs(network: Network, server: socket.socket) -> Iterator[tuple[Proxy, list[Pair]]]:
    proxy = network.proxy(server.getsockname()[1], named=True)
    found = [Pair(proxy, server) for _ in range(4)]
    yield proxy, found
    for pair in found:
        pair.near.close()
        pair.far.close()


Pairs = tuple[Proxy, list[Pair]]


def test_both_ways_pass_and_half_closes_too(pairs: Pairs) -> None:
    pair = pairs[1][0]
    pair.passes()
    pair.near.shutdown(socket.SHUT_WR)
    assert pair.far.recv(1) == b""
    pair.far.sendall(b"bye")
    pair.far.close()
    assert exactly(pair.near, 4) == b"bye"


def test_much_passes_although_little_is_kept(pairs: Pairs) -> None:
    pair, much = pairs[1][0], bytes(range(256)) * 40_000
    sender = threading.Thread(target=pair.near.sendall, args=(much,))
    sender.start()
    assert exactly(pair.far, len(much)) == much
    sender.join(WITHIN)


def test_what_is_held_comes_after_the_end_of_the_rule(pairs: Pairs) -> None:
    proxy, (pair, *_) = pairs
    key = proxy.add(Rule(hold="both"))
    pair.near.sendall(b"late")
    free = proxy.add(Rule())
    assert pair.nothing_comes(pair.far)
    proxy.remove(free)
    proxy.remove(key)
    assert exactly(pair.far, 4) == b"late"
    pair.passes()


def test_a_port_that_somebody_else_has_taken_stalls_no_other(
    network: Network, server: socket.socket, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drill.network.proxy.REOPEN_WITHIN", 6 * WITHIN)
    closed = network.proxy(server.getsockname()[1], named=False)
    key = closed.add(Rule(cut=True))
    with socket.create_server(("127.0.0.1", closed.port)):
        mending = threading.Thread(target=closed.remove, args=(key,))
        mending.start()
        for _ in range(3):
            pairs[1][0].passes()
        assert mending.is_alive()
    mending.join(WITHIN)
    assert not mending.is_alive()
    pair = Pair(closed, server)
    pair.near.close()
    pair.far.close()


def test_replies_alone_are_held(pairs: Pairs) -> None:
    proxy, (pair, *_) = pairs
    key = proxy.add(Rule(hold="replies"))
    pair.near.sendall(b"ask")
    pair.far.sendall(b"answer")
    assert exactly(pair.far, 3) == b"ask"
    assert pair.nothing_comes(pair.near)
    proxy.remove(key)
    assert exactly(pair.near, 6) == b"answer"


def test_a_cut_resets_both_ends_and_nobody_is_taken_until_it_ends(pairs: Pairs, server: socket.socket) -> None:
    proxy, (pair, *_) = pairs
    key = proxy.add(Rule(cut=True))
    assert is_reset(pair.near)
    assert is_reset(pair.far)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), WITHIN)
    proxy.remove(key)
    again = Pair(proxy, server)
    again.passes()
    again.near.close()
    again.far.close()


def test_a_share_is_cut_and_who_comes_later_is_not(pairs: Pairs, server: socket.socket) -> None:
    proxy, found = pairs
    rule = Rule(cut=True, share=0.5, seed=4, only_now=True)
    chosen = [rule.is_for(number, "") for number in range(len(found))]
    assert sorted(set(chosen)) == [False, True]
    proxy.add(rule)
    for pair, is_chosen in zip(found, chosen, strict=True):
        if is_chosen:
            assert is_reset(pair.near)
        else:
            pair.passes()
    for _ in range(8):
        late = Pair(proxy, server)
        late.passes()
        late.near.close()
        late.far.close()


def test_a_node_is_told_by_the_name_that_it_gives_itself(pairs: Pairs) -> None:
    proxy, (first, second, *_) = pairs
    first.passes(b"CLIENT SETNAME hydrachat-n1-beat\r\n")
    second.passes(b"CLIENT SETNAME hydrachat-n2-beat\r\n")
    proxy.add(Rule(of="n1", cut=True))
    assert is_reset(first.near)
    second.passes()


def test_a_role_alone_stands_still(pairs: Pairs) -> None:
    proxy, (first, second, *_) = pairs
    first.passes(b"CLIENT SETNAME hydrachat-n1-subscriber\r\n")
    second.passes(b"CLIENT SETNAME hydrachat-n1-publisher\r\n")
    key = proxy.add(Rule(of="n1", role="subscriber", hold="both"))
    first.near.sendall(b"late")
    second.passes()
    assert first.nothing_comes(first.far)
    proxy.remove(key)
    assert exactly(first.far, 4) == b"late"


def test_a_name_that_comes_under_a_rule_is_not_passed_on(pairs: Pairs) -> None:
    proxy, (first, second, *_) = pairs
    key = proxy.add(Rule(of="n1", hold="both"))
    first.near.sendall(b"CLIENT SETNAME hydrachat-n1-beat\r\n")
    second.passes(b"CLIENT SETNAME hydrachat-n2-beat\r\n")
    assert first.nothing_comes(first.far)
    proxy.remove(key)
    assert first.far.recv(6) == b"CLIENT"


def test_half_a_reply_passes_and_then_the_connection_is_cut(pairs: Pairs) -> None:
    proxy, (first, second, *_) = pairs
    proxy.add(Rule(halves=1))
    first.far.sendall(b"+" * 100)
    with contextlib.suppress(ConnectionResetError):
        assert len(exactly(first.near, 100)) <= 50
    assert is_reset(first.far)
    second.passes()


def test_a_delay_delays_and_keeps_the_order(pairs: Pairs) -> None:
    proxy, (pair, *_) = pairs
    proxy.add(Rule(delay=0.1))
    begun = time.monotonic()
    pair.passes()
    assert time.monotonic() - begun >= 0.2
    for number in range(10):
        pair.near.sendall(b"%d" % number)
    assert exactly(pair.far, 10) == b"0123456789"


def test_a_rate_is_kept(pairs: Pairs) -> None:
    proxy, (pair, *_) = pairs
    proxy.add(Rule(rate=100_000))
    begun = time.monotonic()
    pair.passes(b"x" * 20_000)
    assert time.monotonic() - begun >= 0.15


def test_who_is_refused_behind_a_proxy_is_reset(network: Network, server: socket.socket) -> None:
    port = server.getsockname()[1]
    server.close()
    proxy = network.proxy(port)
    with (
        pytest.raises(ConnectionResetError),
        socket.create_connection(("127.0.0.1", proxy.port), WITHIN) as near,
    ):
        near.recv(1)
    wait_until(lambda: not proxy.connections, what="it is forgotten")


def test_a_network_whose_thread_died_says_so(monkeypatch: pytest.MonkeyPatch, server: socket.socket) -> None:
    network = Network()
    network.start()
    proxy = network.proxy(server.getsockname()[1])
    monkeypatch.setattr(Proxy, "accept", lambda self: 1 / 0)
    with contextlib.suppress(ConnectionResetError), socket.create_connection(("127.0.0.1", proxy.port), WITHIN):
        wait_until(lambda: network.trouble, what="it is noticed")
    assert "ZeroDivisionError" in network.trouble
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        proxy.add(Rule())
    network.stop()
