"""A node that a test gets by a fork is a process as any other."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from drill.processes.node import COMMAND, NodeProcess
from tests.support import nursery
from tests.support.nursery.owner import Nursery
from tests.support.servers import Node
from tests.support.waiting import wait_until

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def own() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    with suppress(OSError):
        made.close()


def test_it_says_and_ends_as_one_that_starts_from_nothing(own: Nursery, tmp_path: Path) -> None:
    words = ["--id", "n1", "--listen", "here"]
    born = own.bear(words, tmp_path, tmp_path / "born.log")
    with (tmp_path / "started.log").open("wb") as output:
        started = subprocess.run([*COMMAND, *words], check=False, stdout=output, stderr=output, timeout=30)
    assert born.wait(30) == born.poll() == started.returncode == 2
    assert (tmp_path / "born.log").read_text() == (tmp_path / "started.log").read_text() != ""


def test_it_has_a_session_of_its_own_and_dies_of_a_signal(tmp_path: Path) -> None:
    node = Node("n1", NOBODY, tmp_path)
    node.start()
    try:
        node.wait_up()
        assert os.getsid(node.pid) == node.pid != os.getsid(0)
        assert Path(f"/proc/{node.pid}/cwd").resolve() == tmp_path
        with pytest.raises(TimeoutError):
            node.wait(0.01)
        os.killpg(node.pid, signal.SIGKILL)
        assert node.wait() == -signal.SIGKILL
        assert not node.alive
        node.signal(signal.SIGTERM)  # nobody else gets it
    finally:
        node.discard()


def test_it_stops_in_order(tmp_path: Path) -> None:
    node = Node("n1", NOBODY, tmp_path)
    node.start()
    try:
        node.wait_up()
        assert node.terminate() == 0
        assert node.events("stopped") or node.events("draining"), node.tail()
    finally:
        node.discard()


def test_all_die_with_the_nursery(own: Nursery, tmp_path: Path) -> None:
    node = NodeProcess("n1", NOBODY, tmp_path)
    born = own.bear(node.argv[len(COMMAND) :], tmp_path, node.output)
    wait_until(node.ready_code, 30, "it answers")
    own.close()
    wait_until(lambda: not Path(f"/proc/{born.pid}/cmdline").exists(), 10, "it is gone")
    with pytest.raises((OSError, RuntimeError)):
        born.poll()


def test_another_environment_is_started_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--id", "n1"]
    there = nursery.born(words, tmp_path, tmp_path / "born.log")
    assert there is not None
    there.wait(30)
    monkeypatch.setenv("PYTHONUTF8", "1")
    assert nursery.born(words, tmp_path, tmp_path / "born.log") is None
