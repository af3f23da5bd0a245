"""`hydrachat up` as a process, with a real Redis and HAProxy. The nodes are stand-ins (tests/support/
stub_node.py) where only `up` is in question."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.support import stub_node, up_process
from tests.support.native import NativeClient
from tests.support.ports import free_base, free_port, is_listening
from tests.support.waiting import wait_until
from wire import Code

READY = r"Stop: +Ctrl-C"


@pytest.fixture
def stub(tmp_path: Path) -> dict[str, str]:
    """Environment in which `python -m node` is the stand-in."""
    package = tmp_path / "stub" / "node"
    package.mkdir(parents=True)
    shutil.copy(stub_node.__file__, package / "__main__.py")
    (package / "__init__.py").write_text("")
    before = [path for path in (os.environ.get("PYTHONPATH"),) if path]
    return {"PYTHONPATH": os.pathsep.join([str(package.parent), *before])}


def ports_of(base: int) -> list[int]:
    return [base, *(base + n for n in (1, 2, 3, 99, 101, 102, 103))]


def gone(pids: list[int]) -> bool:
    return not any(lives(pid) for pid in pids)


def lives(pid: int) -> bool:
    """A zombie does not: in a container often nobody reaps orphans."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def greeting(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(5)
        try:
            return connection.recv(100)
        except ConnectionResetError:
            return b""


def test_ctrl_c_leaves_no_process_and_no_port(
    tmp_path: Path, stub: dict[str, str], redis_server: str, haproxy: str
) -> None:
    base = free_base()
    with up_process.running(base, tmp_path / "data", env=stub) as up:
        up.wait_line(READY)
        shown = "\n".join(up.lines)
        for words in ("node +address +state", f"n3 +127.0.0.1:{base + 3} +serving", f"redis +127.0.0.1:{base + 99}"):
            up.wait_line(words)
        assert f"nc 127.0.0.1 {base}" in shown
        assert "hydrachat redis-cli" in shown
        pids = up.children()
        assert len(pids) == 5
        assert all(is_listening(port) for port in ports_of(base))
        assert up.end(signal.SIGINT) == 130
        assert gone(pids)
        assert not any(is_listening(port) for port in ports_of(base))


def test_where_all_stop_a_native_client_is_told_that_nobody_serves(tmp_path: Path, redis_url: str) -> None:
    base = free_base()
    with up_process.running(base, tmp_path / "data", "--nodes", "2", "--no-balancer", "--redis", redis_url) as up:
        up.wait_line(READY)
        with NativeClient(f"127.0.0.1:{base + 1}", "ana") as ana:
            ana.enter()
            up.process.send_signal(signal.SIGINT)
            # It stays where it is. A node that waited for it in vain would say other words at last.
            assert "no other one serves" in ana.expect_error(Code.DRAINING).text
            ana.expect_end()
        assert up.wait() == 130


def test_a_killed_node_is_said_and_started_again(
    tmp_path: Path, stub: dict[str, str], redis_server: str, haproxy: str
) -> None:
    with up_process.running(free_base(), tmp_path / "data", env=stub) as up:
        at = up.wait_line(READY)
        os.kill(up.child("--id n2"), signal.SIGKILL)
        at = up.wait_line(r"n2 is lost \(signal 9, SIGKILL\); starting it again in 0.5 s", at)
        up.wait_line("n2 is up", at)
        assert up.end() == 0


def test_the_balancer_leads_to_a_living_node(
    tmp_path: Path, stub: dict[str, str], redis_server: str, haproxy: str
) -> None:
    base = free_base()
    with up_process.running(base, tmp_path / "data", env=stub) as up:
        at = up.wait_line(READY)
        assert greeting(base).startswith(b"hello from n")
        up.wait_line(r"alice joined #lobby \(n\d\)", at)
        os.kill(up.child("--id n1"), signal.SIGSTOP)
        os.kill(up.child("--id n3"), signal.SIGSTOP)
        wait_until(lambda: {greeting(base) for _ in range(4)} == {b"hello from n2\n"}, 15, "n2 alone answers")


def test_the_balancer_keeps_clients_of_degraded_nodes_and_cuts_those_of_the_dead(
    tmp_path: Path, stub: dict[str, str], redis_server: str, haproxy: str
) -> None:
    base = free_base()
    with up_process.running(base, tmp_path / "data", env=stub) as up:
        up.wait_line(READY)
        with socket.create_connection(("127.0.0.1", base), 5) as old:
            old.settimeout(5)
            name = old.recv(100).split()[-1].decode()
            for node in ("n1", "n2", "n3"):
                os.kill(up.child(f"--id {node}"), signal.SIGUSR1)
            wait_until(lambda: greeting(base) == b"", 15, "no new clients are let in")
            old.sendall(b"still here")
            assert old.recv(100) == b"still here"
            os.kill(up.child(f"--id {name}"), signal.SIGSTOP)
            assert old.recv(100) == b""


def test_a_balancer_that_came_back_is_said(
    tmp_path: Path, stub: dict[str, str], redis_server: str, haproxy: str
) -> None:
    base = free_base()
    with up_process.running(base, tmp_path / "data", env=stub) as up:
        at = up.wait_line(READY)
        os.kill(up.child("haproxy.cfg"), signal.SIGKILL)
        at = up.wait_line("balancer is lost", at)
        up.wait_line("balancer is up again", at)
        assert is_listening(base)


def test_nothing_survives_our_own_sigkill(
    tmp_path: Path, stub: dict[str, str], redis_server: str, haproxy: str
) -> None:
    base = free_base()
    with up_process.running(base, tmp_path / "data", env=stub) as up:
        up.wait_line(READY)
        pids = up.children()
        up.process.kill()
        wait_until(lambda: gone(pids), what="the children are gone")
    killed = r"the `up` before was killed"
    with up_process.running(base, tmp_path / "data", env=stub) as up:
        up.wait_line(killed)
        up.wait_line(READY)
        assert up.end() == 0
    with up_process.running(base, tmp_path / "data", env=stub) as up:
        up.wait_line(READY)
        assert killed not in "\n".join(up.lines)


def test_data_survives_a_restart_and_redis_itself(tmp_path: Path, stub: dict[str, str], redis_server: str) -> None:
    base = free_base()
    flags = ("--nodes", "1", "--no-balancer")
    with up_process.running(base, tmp_path / "data", *flags, env=stub) as up:
        up.wait_line(READY)
        with redis.Redis(port=base + 99) as client:
            client.set("kept", "1")
        at = len(up.lines)
        os.kill(up.child("-server"), signal.SIGKILL)
        at = up.wait_line("redis is lost", at)
        up.wait_line("redis is up again", at)
        assert is_listening(base + 99)
        assert up.end() == 0
    with up_process.running(base, tmp_path / "data", *flags, env=stub) as up:
        up.wait_line(READY)
        with redis.Redis(port=base + 99) as client:
            assert client.get("kept") == b"1"


def test_a_redis_elsewhere_is_used_and_found(tmp_path: Path, stub: dict[str, str], redis_url: str) -> None:
    base = free_base()
    flags = ("--nodes", "1", "--no-balancer", "--redis", redis_url)
    with up_process.running(base, tmp_path / "data", *flags, env=stub) as up:
        up.wait_line("No balancer is running")
        up.wait_line(READY)
        assert len(up.children()) == 1
        words = [sys.executable, "-m", "hydrachat", "redis-cli", "--port", str(base), "PING"]
        env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
        assert subprocess.check_output(words, env=env, timeout=20) == b"PONG\n"
        assert not is_listening(base + 99)
        assert up.end() == 0


def test_a_node_that_cannot_live_says_why(tmp_path: Path, stub: dict[str, str], redis_url: str) -> None:
    flags = ("--nodes", "1", "--no-balancer", "--redis", redis_url, "--lease", "13")
    with up_process.running(free_base(), tmp_path / "data", *flags, env=stub) as up:
        up.wait_line("n1 is lost")
        up.wait_line("n1 said: --lease 13.0: unlucky")
        assert up.end(signal.SIGINT) == 130


def failure(base: int, data: Path, *flags: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code and last line of an `up` that ends by itself."""
    with up_process.running(base, data, *flags, env=env) as up:
        return up.wait(), up.lines[-1]


def test_a_port_in_use_is_one_clear_line(tmp_path: Path, redis_server: str) -> None:
    base = free_base()
    with socket.create_server(("127.0.0.1", base + 101)):
        code, said = failure(base, tmp_path / "data")
    assert code == 2
    assert f"port {base + 101}, for the health page of node n1, is in use" in said


def test_an_unreachable_redis_is_one_clear_line(tmp_path: Path) -> None:
    code, said = failure(free_base(), tmp_path / "data", "--redis", f"redis://:secret@127.0.0.1:{free_port()}/0")
    assert code == 3
    assert "Redis at redis://:***@127.0.0.1" in said


def test_a_missing_redis_names_the_package(tmp_path: Path) -> None:
    hide = tmp_path / "hide"
    hide.mkdir()
    (hide / "sitecustomize.py").write_text("import cluster.up.programs as p\np.find_server = lambda: None\n")
    code, said = failure(free_base(), tmp_path / "data", env={"PYTHONPATH": str(hide)})
    assert code == 1
    assert "Debian package redis-server" in said


def test_a_folder_in_use_is_one_clear_line(tmp_path: Path, stub: dict[str, str], redis_url: str) -> None:
    flags = ("--nodes", "1", "--no-balancer", "--redis", redis_url)
    with up_process.running(free_base(), tmp_path / "data", *flags, env=stub) as up:
        up.wait_line(READY)
        code, said = failure(free_base(), tmp_path / "data", *flags, env=stub)
    assert code == 2
    assert "in use by another" in said


def test_a_broken_append_only_file_is_told_by_redis_own_words(
    tmp_path: Path, stub: dict[str, str], redis_server: str
) -> None:
    (tmp_path / "data" / "redis" / "appendonlydir").mkdir(parents=True)
    manifest = tmp_path / "data" / "redis" / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("nonsense\n")
    (tmp_path / "data" / "redis" / "appendonly.aof").write_text("nonsense\n")  # before version 7
    code, said = failure(free_base(), tmp_path / "data", env=stub)
    assert code == 1
    assert "does not start" in said
