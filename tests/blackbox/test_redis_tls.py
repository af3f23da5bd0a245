"""Redis by TLS: nodes, operator's commands and a Sentinel group on real servers, and what is said of a certificate."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from drill.processes.redis_server import RedisProcess
from drill.processes.sentinel import GROUP, SentinelProcess
from tests.support.authority import Authority, Pair
from tests.support.native import NativeClient
from tests.support.ports import free_port
from tests.support.programs import tls_redis
from tests.support.servers import Node

HOST = "127.0.0.1"


def secured(pair: Pair, authority: Authority, port: int) -> list[str]:
    files = ["--tls-cert-file", pair.cert, "--tls-key-file", pair.key, "--tls-ca-cert-file", authority.ca]
    return ["--tls-port", str(port), *files, "--tls-auth-clients", "no"]


class Secured:
    """A Redis by TLS at `port`, as well as without for those who look in from here."""

    def __init__(self, program: str, folder: Path, authority: Authority, *names: str) -> None:
        self.port = free_port()
        self.authority = authority
        pair = authority.issue(*names)
        self.process = RedisProcess(program, "redis", folder / "redis", secured(pair, authority, self.port))

    def url(self, ca: str = "") -> str:
        return f"rediss://{HOST}:{self.port}/0?ssl_ca_certs={quote(ca or self.authority.ca, '')}"


@pytest.fixture(scope="module")
def redis_server() -> str:
    """One that speaks TLS."""
    return tls_redis()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def server(redis_server: str, tmp_path: Path, authority: Authority) -> Iterator[Secured]:
    server = Secured(redis_server, tmp_path, authority, HOST)
    try:
        server.process.start()
        yield server
    finally:
        server.process.discard()


def operate(*words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """`path`: where its programs are looked for first."""
    command = [sys.executable, "-P", "-m", "hydrachat", *words]
    env = {**os.environ, "PATH": os.pathsep.join([path, os.environ["PATH"]])} if path else None
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)


def started(name: str, url: str, folder: Path) -> Node:
    node = Node(name, url, folder / name, ["--lease", "2", "--grace", "4"])
    node.start()
    return node


def test_nodes_and_commands_by_tls(server: Secured, redis_server: str, tmp_path: Path) -> None:
    nodes = [started(name, server.url(), tmp_path) for name in ("n1", "n2")]
    try:
        for node in nodes:
            node.wait_ready()
        with NativeClient(nodes[0].address, "ana") as ana, NativeClient(nodes[1].address, "ben") as ben:
            ana.enter()
            ben.enter()
            for number in range(40):  # what comes encrypted as one is more than a node takes at once
                ana.say(f"{number} " + "x" * 5000)
            for number in range(40):
                ben.expect_text(f"{number} " + "x" * 5000)
            told = operate("who", "--redis", server.url())
            assert (told.returncode, told.stderr) == (0, "")
            assert "ana" in told.stdout
            assert "ben" in told.stdout
            beside = str(Path(redis_server).parent)
            assert operate("redis-cli", "--redis", server.url(), "PING", path=beside).stdout == "PONG\n"
    finally:
        for node in nodes:
            node.discard()


def test_a_server_that_can_not_be_trusted_is_told(server: Secured, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    told = operate("who", "--redis", server.url(stranger.ca))
    assert told.returncode == 3
    assert "certificate verify failed" in told.stderr
    node = started("n1", server.url(stranger.ca), tmp_path)
    try:
        node.wait_event("degraded")
        assert node.ready_code() == 404
    finally:
        node.discard()


def test_a_certificate_for_somebody_else_is_told(redis_server: str, tmp_path: Path, authority: Authority) -> None:
    server = Secured(redis_server, tmp_path, authority, "redis.example")
    try:
        server.process.start()
        told = operate("who", "--redis", server.url())
        assert told.returncode == 3
        assert "IP address mismatch" in told.stderr
    finally:
        server.process.discard()


def test_a_sentinel_group_by_tls(redis_server: str, server: Secured, tmp_path: Path, authority: Authority) -> None:
    port, pair = free_port(), authority.issue(HOST)
    sentinel = SentinelProcess(redis_server, "s1", server.port, tmp_path / "s1")
    words = [*secured(pair, authority, port), "--tls-replication", "yes"]
    pairs = zip(words[::2], words[1::2], strict=True)
    with (tmp_path / "s1" / "sentinel.conf").open("a") as config:
        config.write("".join(f"{name.removeprefix('--')} {value}\n" for name, value in pairs))
    url = f"rediss+sentinel://{HOST}:{port}/{GROUP}/0?ssl_ca_certs={quote(authority.ca, '')}"
    node = Node("n1", url, tmp_path / "n1", ["--lease", "2"])
    # Nothing counts in a group before a replica has it.
    replica = RedisProcess(redis_server, "redis2", tmp_path / "redis2")
    replica.config.write_text(f"replicaof {HOST} {server.process.port}\n")
    try:
        replica.start()
        sentinel.start()
        node.start()
        node.wait_ready()
        with NativeClient(node.address, "ana") as ana:
            ana.enter()
            told = operate("who", "--redis", url)
            assert (told.returncode, told.stderr) == (0, "")
            assert "ana" in told.stdout
    finally:
        node.discard()
        sentinel.discard()
        replica.discard()
