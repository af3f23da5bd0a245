"""A Redis that is too old for the scripts is told as such by whoever meets it, and nothing is written there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support import proxy, redis_process
from tests.support.operator import run_at
from tests.support.ports import free_base
from tests.support.servers import Node

NEEDED = "6.2 or later is needed"


class OldProxy(proxy.Proxy):
    """What is behind it says that it is older, in as many bytes."""

    def pass_on(self, pipe: proxy._Pipe, data: bytes, is_reply: bool) -> bytes:
        passed = super().pass_on(pipe, data, is_reply)
        return re.sub(rb"(?<=redis_version:)\d+\.\d+(?=\.)", lambda found: b"6.0"[: len(found[0])], passed)


@pytest.fixture
def old(redis_server: str, tmp_path: Path) -> Iterator[str]:
    """Its URL."""
    with redis_process.running(redis_server, tmp_path / "redis") as url, redis.Redis.from_url(url) as client:
        before = OldProxy(client.connection_pool.connection_kwargs["port"])
        try:
            yield before.url
        finally:
            before.close()
        assert client.dbsize() == 0, "nothing was written"


def test_each_says_that_it_is_too_old(old: str, tmp_path: Path) -> None:
    node = Node("n1", old, tmp_path / "n1")
    try:
        node.start()
        node.wait_up()
        assert re.fullmatch(rf".*Redis is 6\.0\.\d+; {NEEDED}", node.wait_event("waiting")["reason"])
        assert node.ready_code() == 404
        code, said = run_at(old, "doctor")
        assert code == 1
        assert re.search(r"bad +version +Redis 6\.0\.", said)
        assert NEEDED in said
        code, said = run_at(old, "kick", "bob")
        assert code == 3
        assert NEEDED in said
        code, said = run_at(old, "up", "--port", f"{free_base()}", "--data", f"{tmp_path}/up")
        assert code == 2
        assert NEEDED in said
    finally:
        node.discard()
