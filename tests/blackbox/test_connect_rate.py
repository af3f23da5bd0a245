"""Connections that come too fast, at real nodes: who does it is refused, wherever he goes, and nobody else is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from client.chat import ChatClient
from tests.support.counted import counted
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.tcp import PATIENCE
from tests.support.waiting import wait_until
from wire import Address

Deploy = Callable[..., Deployment]
STORMER = "127.0.0.66"


def knock(address: str, source: str = STORMER) -> bytes:
    """Connects and hears what comes first: a greeting, a refusal, or nothing but the end."""
    try:
        with socket.create_connection(Address.parse(address), PATIENCE, (source, 0)) as sock:
            return sock.recv(1000)
    except ConnectionError:  # before `connect` has returned, or after it
        return b""


def is_let_in(address: str) -> bool:
    return knock(address).startswith(b"Welcome")


@contextmanager
def storm(address: str) -> Iterator[None]:
    """Somebody connects and goes, as fast as he can."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            knock(address)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_who_storms_one_node_is_refused_and_others_come_and_talk(deploy: Deploy) -> None:
    flags = [*counted(), "--address-connect-burst", "20", "--address-connect-rate", "2"]
    cluster = deploy(nodes=1, lease=5.0, flags=flags)
    (node,) = cluster.nodes
    with ExitStack() as stack:
        ana = stack.enter_context(NativeClient(node.address, "ana"))
        ana.enter()
        with storm(node.address):
            wait_until(lambda: node.metric("hydrachat_limited_total") > 200, 60, "the storm is refused")
            ben = stack.enter_context(NativeClient(node.address, "ben"))
            ben.enter()
            for number in range(20):
                ana.say(f"{number}")
                ben.expect_text(f"{number}")
        assert node.metric("hydrachat_connections") <= 30, "who is refused gets no thread"
        assert len(node.events("limited")) < 30


def test_who_goes_to_another_node_brings_his_bucket_along(deploy: Deploy) -> None:
    flags = [*counted(), "--address-connect-burst", "100", "--address-connect-rate", "0.01"]
    one, two = deploy(nodes=2, flags=flags).addresses
    assert all(is_let_in(one) for _ in range(100))
    assert not is_let_in(one)
    tries = iter(range(60))  # he would be let in a hundred times
    wait_until(lambda: next(tries, 99) < 60 and not is_let_in(two), 30, "the other node hears of it")


def test_a_herd_of_one_address_comes_in_little_by_little(deploy: Deploy) -> None:
    """What is refused is told when to come again, and comes: also where more come at once than an address may."""
    flags = [*counted(), "--address-connect-burst", "5", "--address-connect-rate", "4"]
    (node,) = deploy(nodes=1, lease=5.0, flags=flags).nodes
    with ExitStack() as stack:
        herd = [ChatClient([node.address], f"user{number}") for number in range(15)]
        threads = [threading.Thread(target=client.start, args=(60,)) for client in herd]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        for client in herd:
            stack.callback(client.close)
        assert {client.node for client in herd} == {"n1"}
        assert node.metric("hydrachat_limited_total") > 0
