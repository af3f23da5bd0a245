"""Passwords are hashed by a process of its own, which takes from the machine what is left."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from node import apart
from node.apart import Apart
from node.logs import open_log
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import running
from tests.unit.node.waiting import wait_for

SECRET, OTHER = "open sesame", "shut barley"


class Told:
    """A log, and what stands in it."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.log = open_log("n1", "json", self._stream)

    @property
    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self._stream.getvalue().splitlines()]

    def __str__(self) -> str:
        return self._stream.getvalue()


@contextmanager
def opened(told: Told | None = None) -> Iterator[Apart]:
    hasher = Apart((told or Told()).log)
    try:
        yield hasher
    finally:
        hasher.close()


def alive(pid: int | None) -> bool:
    return pid is not None and Path(f"/proc/{pid}").exists()


def test_it_hashes_and_compares_by_the_same_rules_in_one_process() -> None:
    with opened() as hasher:
        assert hasher.pid is None  # a node without passwords has none
        hashed = hasher.hash(SECRET)
        first = hasher.pid
        assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert [hasher.verify(hashed, each) for each in (SECRET, OTHER)] == [True, False]
        assert not hasher.verify(None, SECRET)
        assert not hasher.verify(None, "")
        assert not hasher.verify("what another program wrote", SECRET)
        assert not hasher.verify("", "\u2028 \n\x00 \U0001f40d")
        assert hasher.pid == first
    assert not alive(first)


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux")
def test_those_who_talk_go_first() -> None:
    with opened() as hasher:
        hasher.hash(SECRET)
        assert hasher.pid is not None
        assert os.getpriority(os.PRIO_PROCESS, hasher.pid) == min(19, os.nice(0) + 10)
        assert os.sched_getscheduler(hasher.pid) == os.SCHED_BATCH


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="Linux")
def test_no_secret_is_where_others_can_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRACHAT_REDIS_PASSWORD", "correct horse")
    with opened() as hasher:
        hasher.hash(SECRET)
        there = [Path(f"/proc/{hasher.pid}/{name}").read_bytes() for name in ("environ", "cmdline")]
    assert not any(secret in each for each in there for secret in (b"correct horse", SECRET.encode()))


def test_one_that_has_died_is_replaced() -> None:
    told = Told()
    with opened(told) as hasher:
        hashed = hasher.hash(SECRET)
        first = hasher.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: hasher._process is None or hasher._process.poll() is not None)
        assert hasher.verify(hashed, SECRET)
        assert hasher.pid != first
    assert told.events == ["hasher_lost"]
    assert SECRET not in str(told)


def test_one_that_stands_still_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened() as hasher:
        hashed = hasher.hash(SECRET)
        first = hasher.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        patience, give_up = apart.PATIENCE, iter([0.01])
        monkeypatch.setattr(Apart, "patience", property(lambda _: next(give_up, patience)))
        assert hasher.verify(hashed, SECRET)
        assert hasher.pid != first
    assert not alive(first)


@pytest.mark.parametrize("command", [("/nowhere/to/be/found",), (sys.executable, "-c", "")])
def test_where_there_can_be_none_the_node_does_it(monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setattr(apart, "_COMMAND", command)
    told = Told()
    with opened(told) as hasher:
        hashed = hasher.hash(SECRET)
        assert [hasher.verify(hashed, each) for each in (SECRET, OTHER)] == [True, False]
    assert set(told.events) == {"hasher_lost"}


def test_stop_wakes_who_waits_for_it() -> None:
    with opened() as hasher:
        hasher.hash(SECRET)
        pid = hasher.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        found: list[Any] = []
        asking = threading.Thread(target=lambda: found.append(hasher.verify(None, SECRET)))
        asking.start()
        hasher.stop()
        asking.join(10)
        assert found == [False]
        assert hasher.pid is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_its_node_and_not_before(number: int) -> None:
    with subprocess.Popen(apart._COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(b'["open sesame"]\n')
            process.stdin.flush()
            assert process.stdout.readline().startswith(b'"$argon2id$')
            process.send_signal(number)
        process.stdin.close()  # as the kernel does for a node that is killed
        assert process.wait(10) == 0


def test_a_node_has_one_and_takes_it_with_it() -> None:
    with running(FakeCluster(Store())) as node:
        vault = node.house.vault
        vault.hash(SECRET, lambda: False)
        pids = [each.pid for each in vault._hashers if isinstance(each, Apart)]
        assert [alive(pid) for pid in pids].count(True) == 1
    assert not any(alive(pid) for pid in pids)
