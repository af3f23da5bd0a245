"""The processes of a drill: their lives, their leash, and what is done to the data of Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from drill.processes import disk
from drill.processes.balancer import BalancerProcess
from drill.processes.launcher import Launcher
from drill.processes.process import Process
from drill.processes.redis_server import RedisProcess
from drill.processes.waiting import wait_until

WITHIN = 20.0
# Says that it stands, and has a child of its own.
SLEEPER = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "600"])
print("ready", child.pid, flush=True)
time.sleep(600)
"""
# Starts one on the leash, and waits to be killed.
OWNER = """
import sys, time
from pathlib import Path
from drill.processes.launcher import Launcher
from drill.processes.process import Process
launcher = Launcher()
launcher.begin()
process = Process("leashed", ["/bin/sleep", "600"], Path(sys.argv[1]), launcher)
process.start()
print(process.pid, flush=True)
time.sleep(600)
"""

Make = Callable[..., Process]


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    launcher = Launcher()
    launcher.begin()
    yield launcher
    launcher.stop()


@pytest.fixture
def make(tmp_path: Path, launcher: Launcher) -> Iterator[Make]:
    made: list[Process] = []

    def process(source: str = SLEEPER) -> Process:
        made.append(Process(f"p{len(made)}", [sys.executable, "-c", source], tmp_path, launcher))
        made[-1].start()
        wait_until(lambda: "ready" in made[-1].tail(), WITHIN, "it runs")
        return made[-1]

    yield process
    for each in made:
        each.discard()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_lives_and_is_killed_and_lives_again(make: Make) -> None:
    process = make()
    assert process.alive
    assert process.resident() > 1_000_000
    process.kill()
    assert not process.alive
    process.start()
    assert process.alive


def test_it_ends_politely(make: Make) -> None:
    assert make().terminate() == -signal.SIGTERM


def test_it_stands_still_and_goes_on(make: Make) -> None:
    process = make()
    process.freeze()
    assert process.alive
    process.thaw()
    assert process.terminate() == -signal.SIGTERM


def test_what_is_discarded_leaves_nothing_of_its_group(make: Make) -> None:
    process = make()
    child = int(process.tail().split()[1])
    process.freeze()
    process.discard()
    process.discard()
    wait_until(lambda: is_gone(child), WITHIN, "its child is gone")


def test_it_outlives_the_thread_that_started_it(tmp_path: Path, launcher: Launcher) -> None:
    process = Process("short", ["/bin/sh", "-c", "echo ready; exec sleep 600"], tmp_path, launcher)

    def start() -> None:
        process.start()
        wait_until(lambda: "ready" in process.tail(), WITHIN, "it runs")

    starter = threading.Thread(target=start)
    starter.start()
    task = Path(f"/proc/self/task/{starter.native_id}")
    starter.join(WITHIN)
    wait_until(lambda: not task.exists(), WITHIN, "the kernel has forgotten the thread")
    assert process.terminate() == -signal.SIGTERM  # -SIGKILL: the leash has pulled


def test_it_dies_with_who_started_it(tmp_path: Path) -> None:
    words = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert not is_gone(pid)
        owner.kill()
    wait_until(lambda: is_gone(pid), WITHIN, "the leash has pulled")


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    process = Process("nothing", ["/nowhere/at-all"], tmp_path)
    process.start()
    assert process.wait() != 0
    assert "/nowhere/at-all" in process.tail()


@pytest.fixture
def server(redis_server: str, tmp_path: Path) -> Iterator[RedisProcess]:
    server = RedisProcess(redis_server, "redis", tmp_path / "redis")
    server.start()
    yield server
    server.discard()


def fill(server: RedisProcess, count: int) -> None:
    with server.client() as client:
        for number in range(count):
            client.set(f"key{number:03}", "x" * 100)


def size(server: RedisProcess) -> int:
    with server.client() as client:
        return int(client.dbsize())


def test_redis_keeps_what_it_has_answered(server: RedisProcess) -> None:
    fill(server, 50)
    server.kill()
    server.start()
    assert size(server) == 50


def test_redis_without_its_tail_has_the_older_part(server: RedisProcess) -> None:
    fill(server, 200)
    server.kill()
    assert server.cut_tail(4000) == 4000
    server.start()
    assert 100 < size(server) < 200
    with server.client() as client:
        assert client.exists("key000")
        assert not client.exists("key199")


def test_no_more_is_cut_than_there_is(server: RedisProcess) -> None:
    fill(server, 5)
    server.kill()
    assert 0 < server.cut_tail(1_000_000) < 1_000_000
    server.start()
    assert size(server) == 0


def test_redis_that_is_wiped_is_empty(server: RedisProcess) -> None:
    fill(server, 5)
    server.kill()
    server.wipe()
    server.start()
    assert size(server) == 0


@pytest.mark.skipif(bool(disk.why_not()), reason=disk.why_not() or "there can be one")
def test_a_full_disk_is_refused_and_what_was_answered_is_kept(redis_server: str, tmp_path: Path) -> None:
    small = disk.Disk("disk", tmp_path)
    server = RedisProcess(redis_server, "redis", tmp_path / "redis", disk=small)
    try:
        server.start()
        fill(server, 10)
        small.fill()
        with server.client() as client, pytest.raises((redis.ConnectionError, OSError)):
            client.set("big", "x" * 20_000)
        assert server.wait() == 1  # `appendfsync always` has promised too much
        small.empty()
        server.start()
        assert size(server) == 10
        server.kill()
        server.wipe()
        server.start()
        assert size(server) == 0
    finally:
        server.discard()
        small.discard()
    assert not small.alive


def test_the_balancer_takes_the_projects_own_template(haproxy: str, tmp_path: Path) -> None:
    balancer = BalancerProcess(haproxy, [("n1", 1, 2), ("n2", 3, 4)], tmp_path)
    try:
        balancer.start()
        text = (tmp_path / "haproxy.cfg").read_text()
        assert "server n2 127.0.0.1:3 check port 4" in text
        assert os.path.exists(f"/proc/{balancer.pid}")  # noqa: PTH110 - not a file of ours
    finally:
        balancer.discard()
