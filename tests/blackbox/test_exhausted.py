"""A node that lacks what any process needs: descriptors, somebody who reads its log."""

from __future__ import annotations

import fcntl
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from drill.processes.node import NodeProcess
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.processes import environment
from tests.support.waiting import wait_until
from wire import Address

Deploy = Callable[..., Deployment]
DESCRIPTORS, CLIENTS = 128, 64


def test_clients_do_not_take_the_descriptors_that_the_node_itself_needs(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, start=False)
    (node,) = cluster.nodes
    node.argv[:0] = ["/bin/sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh"]
    with cluster, NativeClient(node.address, "ana") as ana, ExitStack() as stack:
        ana.enter()
        for number in range(CLIENTS - 1):
            stack.enter_context(PlainClient(node.address, f"guest{number}"))
        door = Address.parse(node.address)
        crowd = [stack.enter_context(socket.create_connection(door, 10)) for _ in range(200)]
        assert all(b"this node is full" in one.recv(1000) for one in crowd)
        with cluster.client() as redis:
            redis.client_kill_filter(_type="normal", skipme=True)
            redis.client_kill_filter(_type="pubsub")
        node.wait_event("serving")
        node.wait_ready()
        ana.say("still here")
        ana.expect_text("still here")
        assert not node.events("exhausted")


@contextmanager
def whose_reader(node: NodeProcess, *, dies: bool) -> Iterator[None]:
    """Runs `node` until it is ready. From then on nobody reads its stderr, a pipe of 4 KiB: the reader is gone, or
    stands still."""
    with subprocess.Popen(node.argv, stderr=subprocess.PIPE, cwd=node.folder, env=environment(), bufsize=0) as process:
        try:
            assert process.stderr is not None
            assert any(b'"ready"' in line for line in iter(process.stderr.readline, b""))
            if dies:
                process.stderr.close()
            else:
                fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
            yield
            process.terminate()
            assert process.wait(15) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("dies", [True, False])
def test_a_node_whose_log_nobody_reads_serves_on(deploy: Deploy, dies: bool) -> None:
    cluster = deploy(nodes=1, grace=1.0)
    node = cluster.make_node("n9")
    node.folder.mkdir(exist_ok=True)
    with whose_reader(node, dies=dies):
        for number in range(40):  # each is at least 200 bytes of log
            with NativeClient(node.address, f"guest{number}") as guest:
                guest.enter()
        with NativeClient(node.address, "ana") as ana, PlainClient(node.address, "ben") as ben:
            ana.enter()
            cluster.redis.kill()  # what becomes of it is logged by the threads that all depends on
            node.wait_ready(404)
            cluster.redis.start()
            node.wait_ready()
            ana.say("still here")
            ben.expect("still here")
        wait_until(lambda: not cluster.presence(), 15, "who has gone is gone")
