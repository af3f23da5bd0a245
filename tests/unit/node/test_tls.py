"""Clients of a node that speaks TLS, and those that do not, over real sockets."""

from __future__ import annotations

import gc
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator
from typing import Any, cast

import pytest

from node.main import Node
from tests.support.authority import Authority
from tests.support.tunnelled import Tunnelled
from tests.support.waiting import wait_until
from tests.unit.node.conftest import NAME
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, get, log_of, running
from wire import Code
from wire.frames import Error, Message, Say
from wire.tunnel import Tunnel


@pytest.fixture
def node(secured: dict[str, Any]) -> Iterator[Node]:
    with running(FakeCluster(Store()), **secured) as node:
        yield node


class Secure(Native):
    """A client of either dialect, by TLS."""

    def __init__(self, node: Node, authority: Authority, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        context = authority.client()
        context.maximum_version = version
        self.tunnelled = Tunnelled((node.address.host, node.address.port), context, NAME)
        self.sock = cast("socket.socket", self.tunnelled)
        self.buffer = b""
        self.greeting = self.line()

    def come_in(self, nick: str) -> None:
        """As a person."""
        self.put(f"{nick}\n")
        self.lines_until("you are in #lobby")

    def half_close(self) -> None:
        self.tunnelled.half_close()


def handshakes(node: Node, outcome: str) -> float:
    wanted = f'hydrachat_tls_handshakes_total{{outcome="{outcome}"}}'
    return sum(float(line.split()[-1]) for line in get(node, "/metrics")[1].splitlines() if line.startswith(wanted))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_dialects_talk_by_tls(node: Node, authority: Authority, version: ssl.TLSVersion) -> None:
    with Secure(node, authority, version) as ana, Secure(node, authority) as ben:
        assert b"nickname" in ana.greeting
        ana.come_in("ana")
        ben.enter("ben")
        ben.say(Say(n=1, to="#lobby", text="hello by TLS"))
        ana.lines_until("ben: hello by TLS")
        ana.put("x" * 16_000 + "\n")
        assert ben.expect(Message, lambda frame: len(frame.text) == 16_000)
    assert handshakes(node, "done") == 2


def test_older_versions_are_refused(node: Node, authority: Authority) -> None:
    context = authority.client()
    with pytest.deprecated_call():
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")  # else we would not even ask
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        Tunnelled((node.address.host, node.address.port), context, NAME)


def test_what_was_sent_before_a_half_close_is_answered_then_comes_an_end_in_order(
    node: Node, authority: Authority
) -> None:
    with Secure(node, authority) as ana:
        ana.put("ana\nfirst\nlast, without an end of line")
        ana.half_close()
        told = ana.rest()
    assert "ana: last, without an end of line" in told
    assert told[-1] == "* bye"


def test_an_end_that_nobody_said_is_no_half_close(secured: dict[str, Any], authority: Authority) -> None:
    """Somebody on the way may have cut off the rest: what is half said is not carried out."""
    with (
        running(FakeCluster(Store()), **secured) as node,
        Secure(node, authority) as ana,
        Secure(node, authority) as ben,
    ):
        ben.come_in("ben")
        ana.come_in("ana")
        ana.put("half a li")
        ana.sock.shutdown(socket.SHUT_WR)
        ben.lines_until("ana left")
        ben.put("\\q\n")
        assert not [line for line in ben.rest() if "half a li" in line]
    broken = [line for line in log_of(node) if line["event"] == "broken"]
    assert "without a farewell" in broken[0]["reason"]


def test_a_reset_is_noticed(node: Node, authority: Authority) -> None:
    with Secure(node, authority) as ana, Secure(node, authority) as ben:
        ben.come_in("ben")
        ana.come_in("ana")
        ana.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        ana.sock.close()
        ben.lines_until("ana left")


# -- who does not do it as it should be ---------------------------------------------------


def test_a_client_without_tls_is_told_in_both_dialects(node: Node) -> None:
    with socket.create_connection((node.address.host, node.address.port), 5) as ana:
        ana.sendall(b"ana\n")
        text = b"".join(iter(lambda: ana.recv(1000), b""))
    first, second = text.decode().splitlines()
    assert first.startswith("! this port speaks TLS")
    assert '"code":1061' in second


def test_one_that_waits_for_a_greeting_is_told_when_its_time_is_up(secured: dict[str, Any]) -> None:
    with (
        running(FakeCluster(Store()), hello_timeout=0.05, **secured) as node,
        socket.create_connection((node.address.host, node.address.port), 5) as ana,
    ):
        assert ana.recv(1000).startswith(b"! this port speaks TLS")
    assert [line["event"] for line in log_of(node)].count("tls_failed") == 1


def test_tls_at_a_port_without_it_is_told_and_logged(authority: Authority) -> None:
    with running(FakeCluster(Store()), log_level="debug") as node:
        with pytest.raises(ssl.SSLError):
            Secure(node, authority)
        with Client(node) as ana:
            ana.sock.sendall(bytes.fromhex("160301020001"))
            assert ana.lines_until("does not speak TLS")
            assert ana.rest() == []
    told = [line["reason"] for line in log_of(node) if line["event"] == "tls_failed"]
    assert told == ["the client speaks TLS, this port does not"] * 2


def test_who_fails_costs_nobody_else(secured: dict[str, Any], authority: Authority) -> None:
    with running(FakeCluster(Store()), log_level="debug", **secured) as node, Secure(node, authority) as ana:
        ana.come_in("ana")
        with socket.create_connection((node.address.host, node.address.port), 5) as bad:
            bad.sendall(b"\x16\x03\x01\x00\x05hello")
            assert bad.recv(100)[:1] == b"\x15"  # an alert
            assert bad.recv(100) == b""
        with pytest.raises(ssl.SSLCertVerificationError):
            Tunnelled((node.address.host, node.address.port), ssl.create_default_context(), NAME)
        ana.put("still here\n")
        ana.lines_until("ana: still here")
        wait_until(lambda: handshakes(node, "failed") == 2)
    told = [line for line in log_of(node) if line["event"] == "tls_failed"]
    assert [line["level"] for line in told] == ["info", "debug"]  # a flood must not fill the log
    assert "unknown ca" in told[1]["reason"]


def test_a_handshake_that_stands_still_is_cut_in_time(secured: dict[str, Any]) -> None:
    with running(FakeCluster(Store()), hello_timeout=0.05, **secured) as node:
        with socket.create_connection((node.address.host, node.address.port), 5) as slow:
            slow.sendall(b"\x16")
            assert slow.recv(1000) == b""
        wait_until(lambda: not node.house.roster.all())


def test_a_hello_without_end_is_let_go_at_its_header(secured: dict[str, Any]) -> None:
    """OpenSSL would make room for all of it at once."""
    with (
        running(FakeCluster(Store()), log_level="debug", **secured) as node,
        socket.create_connection((node.address.host, node.address.port), 5) as greedy,
    ):
        greedy.sendall(bytes.fromhex("160301400001") + (131_000).to_bytes(3))
        assert greedy.recv(1000) == b""
    told = [line["reason"] for line in log_of(node) if line["event"] == "tls_failed"]
    assert told == ["a ClientHello of 131000 bytes, more than 16384"]


# -- OpenSSL's own client -----------------------------------------------------------------


def s_client(node: Node, typed: str, *words: str) -> str:
    """What people have in place of nc; without `-quiet` an R at the beginning of a line is an order."""
    command = ["openssl", "s_client", "-connect", str(node.address), *words]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr


def test_the_command_of_openssl_is_a_plain_client(node: Node) -> None:
    told = s_client(node, "ana\nhello from a shell\n\\q\n", "-quiet")
    assert "ana: hello from a shell" in told
    assert "* bye" in told


def test_a_second_handshake_is_refused(node: Node) -> None:
    """TLS 1.2 would let a client ask for one again and again, and each costs the node more than the client."""
    told = s_client(node, "R\n", "-tls1_2")
    assert "RENEGOTIATING" in told
    # As it says by its alert, or by what the client was doing when that came.
    assert "no renegotiation" in told or "unexpected record" in told
    assert "* bye" in s_client(node, "eve\n\\q\n", "-quiet")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_nobody_is_given_a_ticket(node: Node, authority: Authority, version: ssl.TLSVersion) -> None:
    """One key for all of them would read all that was recorded."""
    context = authority.client()
    context.maximum_version = version
    address = (node.address.host, node.address.port)
    with socket.create_connection(address, 5) as raw, context.wrap_socket(raw, server_hostname=NAME) as secure:
        assert secure.recv(100)  # what TLS 1.3 gives out comes before it
        assert secure.session is None or not secure.session.has_ticket


def test_of_who_is_dismissed_nothing_half_said_is_carried_out(secured: dict[str, Any], authority: Authority) -> None:
    """Our farewell said, what can't be read is no end of file either: anybody on the way could send it."""
    store = Store()
    with running(FakeCluster(store), **secured) as node, Secure(node, authority) as ana:
        ana.come_in("ana")
        ana.put("whole\nhalf of wh")
        wait_until(lambda: "whole" in said(store))
        (connection,) = node.house.roster.all()
        connection.dismiss(Error(code=Code.TOO_SLOW, text="go"))
        ana.lines_until("! go")
        ana.tunnelled.raw.sendall(bytes([23, 3, 3, 0, 40]) + bytes(40))
        wait_until(lambda: not node.house.roster.all())
    assert said(store) == ["whole"]


def said(store: Store) -> list[str]:
    return [entry.text for entry in store.logs["#lobby"] if entry.kind == "message"]


def test_who_is_refused_at_the_door_leaves_nothing_for_the_collector(secured: dict[str, Any]) -> None:
    """It comes rarely, and an engine of OpenSSL's is 17 KiB."""
    with running(FakeCluster(Store()), max_connections_per_address=1, exempt=(), **secured) as node:
        gc.collect()
        gc.disable()
        try:
            with socket.create_connection(node.address, 5):
                wait_until(lambda: len(node.house.roster) == 1)
                for _ in range(20):
                    with socket.create_connection(node.address, 5) as stranger:
                        stranger.settimeout(5)
                        assert stranger.recv(100)
                assert sum(isinstance(one, Tunnel) for one in gc.get_objects()) <= 2  # the last one may just be ending
        finally:
            gc.enable()
