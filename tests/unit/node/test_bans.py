"""Addresses that are banned: a node's copy, and what who comes from there is told."""

from __future__ import annotations

import math
import time

import pytest

from cluster.types import Ban
from node.bans import MOST, Bans
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, log_of, plain, running
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.client import ClientProtocol
from wire.frames import Error, Hello

HERE = Ban("127.0.0.0/8", 0, "not from there", math.inf)


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.77:5", "192.0.2.0/24"),
        ("192.0.3.1:5", None),
        ("[2001:db8::1]:5", "2001:db8::/32"),
        ("[::ffff:192.0.2.7]:5", "192.0.2.0/24"),
        ("10.0.0.1:5", None),  # over
        ("203.0.113.9:5", "203.0.113.9"),
        ("nonsense", None),
    ],
)
def test_who_is_banned(peer: str, network: str | None) -> None:
    bans = Bans()
    assert bans.of(peer) is None
    names = ["192.0.2.0/24", "2001:db8::/32", "203.0.113.9", "what a later version writes"]
    over = Ban("10.0.0.0/8", 1, "", time.monotonic() - 1)
    bans.replace([*(Ban(name, 0, "", math.inf) for name in names), over])
    found = bans.of(peer)
    assert (found.network if found else None) == network


def test_a_ban_ends_those_who_are_here_and_keeps_out_who_comes() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as bot, plain(node, "bob") as person, Native(node) as silent:
        welcome = bot.enter("bot")
        assert cluster.events is not None
        cluster.events.on_bans([HERE])
        error = bot.expect(Error)
        assert (error.code, error.text) == (Code.BANNED, "your address is banned: not from there")
        assert bot.rest() == []
        assert person.rest()[-1] == "! your address is banned: not from there"
        silent.rest()
        cluster.await_call("end", welcome.session)
        assert not [call for call in cluster.calls if call[0] == "away"]
        wait_for(lambda: len(node.house.roster) == 0)
        with Client(node) as late:  # nobody has said how it talks: in both dialects
            assert late.greeting == b"! your address is banned: not from there"
            protocol = ClientProtocol()
            protocol.send(Hello(nick="late"))
            assert protocol.receive_data(late.greeting + b"\n") == []
            (frame,) = protocol.receive_data((late.rest()[0] + "\n").encode())
            assert isinstance(frame, Error)
            assert frame.code == Code.BANNED
        assert len(node.house.roster) == 0, "no thread was spent on it"
        cluster.events.on_bans([])
        with Native(node) as back:
            back.enter("back")
    assert [line["reason"] for line in log_of(node) if line["event"] == "left"][:2] == ["banned", "banned"]


def test_a_ban_that_comes_while_a_hello_is_answered_leaves_no_ghost() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as bot:
        with cluster.store.lock:  # the claim waits for it
            bot.say(Hello(nick="bot"))
            wait_for(lambda: all(connection.busy for connection in node.house.roster.all()))
            assert cluster.events is not None
            cluster.events.on_bans([HERE])
        assert bot.expect(Error).code == Code.BANNED
        wait_for(lambda: len(node.house.roster) == 0)
        assert len(node.house.registry) == 0


def test_a_flood_from_a_banned_address_holds_no_sockets() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node:
        assert cluster.events is not None
        cluster.events.on_bans([HERE])
        for _ in range(MOST + 20):
            with Client(node):
                pass
        assert len(node.house.doorstep._refused) <= MOST
        wait_for(lambda: not node.house.doorstep._refused)
