"""Which servers accept connections: the dead ones cost little once enough are known to be well."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cluster.knock import knock

LIMIT = 30.0
"""Seconds; only a fault makes a test wait for it."""


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """Where nobody answers: a listener whose line is full."""
    with ExitStack() as stack:
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        where: tuple[str, int] = door.getsockname()[:2]
        for _ in range(8):
            guest = stack.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(where)
        yield where


@pytest.fixture
def open_door() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[:2]


@pytest.mark.parametrize("enough", [-1, 0, 1])
def test_who_is_silent_is_not_waited_for_once_there_are_enough(
    silent: tuple[str, int], open_door: tuple[str, int], enough: int
) -> None:
    began = time.monotonic()
    found = knock([silent, open_door] if enough == 1 else [silent], LIMIT, enough)
    assert found[0]
    assert time.monotonic() - began < LIMIT / 2
    assert found[1:] == ([""] if enough == 1 else [])


def test_who_refuses_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        where = door.getsockname()[:2]
    assert knock([where], LIMIT, 1) == ["ECONNREFUSED"]
