"""A real Redis of a test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.ports import free_port
from tests.support.waiting import wait_until


@contextmanager
def running(program: str, folder: Path, *flags: str) -> Iterator[str]:
    """A Redis on a free port with its data in `folder`; gives its URL, and ends it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", *flags]
    with (folder / "redis.out").open("wb") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        wait_until(lambda: answers(port), what="Redis answers")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait(10)


def answers(port: int) -> bool:
    """Whether a Redis at `port` answers PING."""
    with redis.Redis(port=port, socket_timeout=1.0) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
