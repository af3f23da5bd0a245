"""What a client by TLS costs a node that it does nothing at: memory, and a handshake's time, beside one without TLS.

A real node and a real Redis. The connections are greeted and say nothing. A handshake's share of the node is measured
apart, in this process: on a busy machine the time between the two processes says little.
"""

from __future__ import annotations

import argparse
import resource
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from cluster.up.programs import find_server
from node.certificate import Certificate
from tests.support.authority import Authority
from tests.support.deployment import Deployment
from tests.support.tunnelled import Tunnelled
from wire.tunnel import Tunnel

NAME = "chat.example"
FIRST = 100
"""Connections that are not counted: what the first ones cost stays with the process."""
PAUSE = 1.0
KIB = 1024


def idle(program: str, folder: Path, count: int, authority: Authority | None) -> float:
    """KiB of a node for each of `count` connections."""
    flags = ["--hello-timeout", "3600", *(authority.issue(NAME).flags if authority else [])]
    with Deployment(program, folder, nodes=1, flags=flags) as cluster, ExitStack() as stack:
        (node,) = cluster.nodes
        context = authority.client() if authority else None

        def greeted() -> None:
            place = ("127.0.0.1", node.port)
            if context:
                stack.enter_context(Tunnelled(place, context, NAME)).recv(1000)
            else:
                stack.enter_context(socket.create_connection(place)).recv(1000)

        for _ in range(FIRST):
            greeted()
        time.sleep(PAUSE)
        before = node.resident()
        for _ in range(count):
            greeted()
        time.sleep(PAUSE)
        return (node.resident() - before) / count / KIB


def handshake(authority: Authority, rounds: int = 200) -> float:
    """Milliseconds of the node's share."""
    server, client = Certificate(*authority.issue(NAME)).context, authority.client()
    return median(_share(Tunnel(server, server=True), Tunnel(client, name=NAME)) for _ in range(rounds)) * 1000


def _share(ours: Tunnel, theirs: Tunnel) -> float:
    spent, done = 0.0, False
    while not (theirs.shake() and done):
        sent = theirs.take()
        began = time.perf_counter()
        ours.feed(sent)
        done = ours.shake()
        back = ours.take()
        spent += time.perf_counter() - began
        theirs.feed(back)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.tls", description=__doc__)
    parser.add_argument("--connections", type=int, default=800)
    count = parser.parse_args().connections
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    program = find_server()
    if program is None:
        raise SystemExit("no redis-server found")
    with tempfile.TemporaryDirectory(prefix="hydrachat-tls-") as folder:
        authority = Authority(Path(folder) / "authority")
        for name, who in (("without TLS", None), ("by TLS", authority)):
            print(f"{idle(program, Path(folder) / name.replace(' ', '-'), count, who):5.1f} KiB a connection {name}")
        print(f"{handshake(authority):5.2f} ms of a core for a handshake")


if __name__ == "__main__":
    main()
