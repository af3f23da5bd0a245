"""The detour between a node and Redis."""

from __future__ import annotations

import socket

import pytest

from tests.support.detour import Detour
from tests.support.ports import free_port


def test_a_redis_that_refuses_is_a_broken_connection_and_the_detour_goes_on() -> None:
    port = free_port()
    with Detour(port) as detour:
        for _ in range(2):
            with (
                pytest.raises(ConnectionResetError),
                socket.create_connection(("127.0.0.1", detour.port), 10) as node,
            ):
                node.recv(1)
        with (
            socket.create_server(("127.0.0.1", port)) as redis,
            socket.create_connection(("127.0.0.1", detour.port), 10) as node,
        ):
            node.sendall(b"PING\r\n")
            redis.settimeout(10)
            there, _ = redis.accept()
            with there:
                there.settimeout(10)
                assert there.recv(6) == b"PING\r\n"
                there.sendall(b"+PONG\r\n")
                assert node.recv(7) == b"+PONG\r\n"
