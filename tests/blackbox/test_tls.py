"""Clients by TLS and real processes: a new certificate, the death of a node, a balancer in between, `up`, `join`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from client import ChatClient, MessageEvent
from tests.support.authority import PAST, Authority
from tests.support.deployment import Deployment
from tests.support.ports import free_base
from tests.support.servers import Balancer
from tests.support.tunnelled import Tunnelled
from tests.support.up_process import running
from tests.support.waiting import wait_until
from wire import Address

Deploy = Callable[..., Deployment]
NAME = "chat.example"
EACH = 60


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def names(address: str, authority: Authority, name: str) -> list[str]:
    """For whom the certificate is that one gets there."""
    where = Address.parse(address)
    with Tunnelled((where.host, where.port), authority.client(), name) as one:
        return one.names()


def test_a_new_certificate_is_in_force_on_sighup_and_a_broken_one_is_not(deploy: Deploy, authority: Authority) -> None:
    pair = authority.issue(NAME, "old.example", file="live")
    (node,) = deploy(nodes=1, flags=pair.flags).nodes
    where = Address.parse(node.address)
    with Tunnelled((where.host, where.port), authority.client(), NAME) as ana:
        ana.sendall(b"ana\n")
        assert names(node.address, authority, NAME) == [NAME, "old.example"]
        authority.issue(NAME, "new.example", file="live")
        node.signal(signal.SIGHUP)
        assert node.wait_event("certificate", since=1)["names"] == f"{NAME}, new.example"
        assert names(node.address, authority, NAME) == [NAME, "new.example"]
        Path(pair.key).write_text("torn")
        node.signal(signal.SIGHUP)
        told = node.wait_event("certificate_kept")
        assert (told["level"], pair.key in told["reason"]) == ("error", True)
        assert names(node.address, authority, NAME) == [NAME, "new.example"]
        authority.issue(NAME, until=PAST, file="live")
        node.signal(signal.SIGHUP)
        assert "has expired" in node.wait_event("certificate_expires")["reason"]
        ana.sendall(b"who was here before stays\n")
        found = b""
        while b"ana: who was here before stays" not in found:
            found += ana.recv(65536)


def test_a_node_that_can_not_read_its_certificate_does_not_start(deploy: Deploy, authority: Authority) -> None:
    pair = authority.issue(NAME)
    cluster = deploy(start=False, nodes=1, flags=["--tls-cert", pair.cert, "--tls-key", "/none.key"])
    (node,) = cluster.nodes
    node.start()
    assert node.wait(20) == 2
    assert "there is no such file" in " ".join(node.tail().split())


def talked(servers: Sequence[str], authority: Authority, cluster: Deployment, name: str | None = None) -> None:
    """Two talk; the node of the one dies; all is heard, once and in order."""
    heard: list[str] = []
    with (
        ChatClient(servers, "speaker", tls=True, tls_ca=authority.ca, tls_name=name) as chat,
        ChatClient(servers, "listener", tls=True, tls_ca=authority.ca, tls_name=name) as other,
    ):
        other.on(MessageEvent, lambda event: heard.append(event.text))
        listening = threading.Thread(target=other.run)
        listening.start()
        try:
            sendings = [chat.say(f"{number} " + "x" * 3000) for number in range(EACH)]
            assert sendings[EACH // 4].wait_accepted(60)
            next(node for node in cluster.nodes if node.name == chat.node).kill()
            sendings += [chat.say(f"{number} " + "x" * 3000) for number in range(EACH, 2 * EACH)]
            assert chat.flush(60)
            wait_until(lambda: len(heard) >= 2 * EACH, 60, "all is heard")
        finally:
            other.quit()
            listening.join(30)
    assert heard == [sending.text for sending in sendings]


def test_nothing_is_lost_when_a_node_dies(deploy: Deploy, authority: Authority) -> None:
    cluster = deploy(nodes=3, grace=10.0, flags=authority.issue(NAME).flags)
    talked(cluster.addresses, authority, cluster, NAME)


def test_one_certificate_for_the_entrance_serves_all_nodes(deploy: Deploy, authority: Authority) -> None:
    """Who comes by a name trusts the nodes that are named to him by that name, though they stand elsewhere."""
    cluster = deploy(nodes=2, grace=10.0, flags=authority.issue("localhost").flags)
    entrance, other = cluster.nodes
    wait_until(lambda: entrance.metric("hydrachat_nodes") == 2, 20, "it names the other one")
    with ChatClient([f"localhost:{entrance.port}"], "ana", tls=True, tls_ca=authority.ca) as ana:
        assert ana.node == entrance.name
        entrance.kill()
        wait_until(lambda: ana.node == other.name, 30, "it has moved")
        assert ana.say("here").wait_accepted(30)


def test_tls_that_ends_at_the_balancer(deploy: Deploy, authority: Authority, haproxy: str, tmp_path: Path) -> None:
    cluster = deploy(start=False, nodes=2, grace=10.0)
    front = Balancer(haproxy, cluster.nodes, tmp_path / "front")
    for node in cluster.nodes:
        node.argv += ["--advertise", front.address]  # there is no other way to them for who speaks TLS
    cluster.start()
    pair, config = authority.issue("127.0.0.1"), tmp_path / "front" / "haproxy.cfg"
    both = tmp_path / "both.pem"
    both.write_text(Path(pair.cert).read_text() + Path(pair.key).read_text())
    bind = f"bind {front.address}"
    assert bind in config.read_text()
    config.write_text(config.read_text().replace(bind, f"{bind} ssl crt {both} ssl-min-ver TLSv1.2"))
    cluster.others.append(front)
    front.start()

    talked([front.address], authority, cluster)


def test_up_hands_it_to_its_nodes_and_join_comes_in(authority: Authority, tmp_path: Path, redis_server: str) -> None:
    pair = authority.issue("127.0.0.1")
    base = free_base((0, 1, 2, 99, 101, 102))
    with running(base, tmp_path / "data", "--nodes", "2", *pair.flags) as up:
        up.wait_line(r"Join: .*--tls")
        up.wait_line(r"openssl s_client -quiet -connect")
        words = ["join", f"hydrachats://ana@127.0.0.1:{base}", "--tls-ca", authority.ca]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "hydrachat", *words],
            input="hello by TLS\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "TERM": "dumb"},
        )
        assert "ana: hello by TLS" in done.stdout
        assert done.returncode == 0
        assert up.end() == 0
