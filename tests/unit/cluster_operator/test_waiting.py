"""A command that waits for Redis says at once what for, and ends with what it has come to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.operator import acting
from hydrachat import cli
from tests.support.waiting import wait_until

REFUSED = "Redis refused (command not allowed when used memory > 'maxmemory')"


@pytest.fixture
def full(db: Any) -> Iterator[Any]:
    """A Redis that takes nothing."""
    db.config_set("maxmemory", 1)
    yield db
    db.config_set("maxmemory", 0)


@pytest.fixture
def living(db: Any, redis_url: str) -> Any:
    """The cluster's data, in a term of this server, so that nobody waits for a node to open one."""
    told = {**db.info("server"), **db.info("replication")}
    db.hset("{hydrachat}:term", "server", f"{told['run_id']}:{told['master_replid']}")
    return db


def announce(url: str) -> int:
    return cli.run(["announce", "hello", "--redis", url])


def test_a_full_redis_is_told_and_at_last_an_error(
    living: Any, full: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(acting, "PATIENCE", 1.0)
    assert announce(redis_url) == 3
    waiting, error = capsys.readouterr().err.splitlines()
    assert waiting == f"waiting: {REFUSED}; tried again for 1 s"
    assert f"takes no writes now: {REFUSED}; `hydrachat doctor` says why" in error


def test_it_is_said_once_there_is_room(
    living: Any, full: Any, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = list[int]()
    speaker = threading.Thread(target=lambda: codes.append(announce(redis_url)))
    speaker.start()
    wait_until(lambda: "waiting: " in capsys.readouterr().err, what="it says what it waits for")
    assert codes == []
    full.config_set("maxmemory", 0)
    speaker.join(30)
    shown = capsys.readouterr()
    assert (codes, shown.err) == ([0], "")
    assert shown.out.startswith("said to ")
