"""`hydrachat ban`, `unban`, `bans` on real nodes: who is banned finds all doors shut."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from client.chat import ChatClient
from client.errors import Refused
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.operator import Person, run
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Welcome

Deploy = Callable[..., Deployment]


def is_refused(nick: str, address: str) -> Refused:
    with pytest.raises(Refused) as refused, ChatClient([address], nick):
        pass
    return refused.value


def test_a_banned_nickname_finds_every_door_shut(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=10.0)
    one, two = (node.address for node in cluster.nodes)
    with ExitStack() as stack:
        ann = Person(stack, "ann", [one])
        bob = Person(stack, "bob", [one, two])
        raw = stack.enter_context(NativeClient(two, "mallory"))
        welcome = raw.enter()
        code, said = run(cluster, "ban", "mallory", "--for", "1h", "--reason", "spam")
        assert code == 0
        assert said.endswith("; ended: mallory\n")
        assert "spam" in raw.expect_error(Code.BANNED).text
        raw.expect_end()
        for address in (one, two):
            error = is_refused("Mallory", address)
            assert error.code == Code.BANNED
            assert error.text.startswith("that nickname is banned until ")
            assert error.text.endswith(" UTC: spam")
            again = stack.enter_context(NativeClient(address, "mallory"))
            again.resume(welcome, dict(welcome.logs))
            assert again.expect_error(Code.BANNED)
            again.expect_end()
            person = stack.enter_context(PlainClient(address))
            person.type("MALLORY")
            person.expect("! that nickname is banned until ")
            person.expect_end()
        with pytest.raises(Refused, match="that nickname is banned"):
            bob.chat.rename("mallory").wait(10)
        assert bob.chat.nick == "bob"
        # Its node dies: no other one can be talked round, and nobody is told twice.
        cluster.nodes[1].kill()
        third = stack.enter_context(NativeClient(one, "mallory"))
        third.resume(welcome, dict(welcome.logs))
        assert third.expect_error(Code.BANNED)
        bob.chat.say("on it goes", timeout=20).wait_accepted(20)
        assert ann.left("mallory") == [("banned", "spam")]
        rows = json.loads(run(cluster, "bans", "--json")[1])
        assert [(row["kind"], row["name"], row["reason"]) for row in rows] == [("nick", "mallory", "spam")]
        assert abs(rows[0]["until"] / 1000 - time.time() - 3600) < 600
        assert run(cluster, "unban", "malory") == (1, "Error: malory is not banned; near it: mallory\n")
        assert run(cluster, "unban", "mallory") == (0, "mallory is not banned any more\n")
        with ChatClient([one], "mallory") as back:
            assert back.nick == "mallory"


def test_a_banned_address_is_cut_and_kept_out_at_every_node(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=60.0)  # who is away must be there still
    one, two = (node.address for node in cluster.nodes)
    with ExitStack() as stack:
        bad = Person(stack, "bad", [one, two])
        away = NativeClient(two, "away")
        welcome = away.enter()
        away.close()
        good = stack.enter_context(NativeClient(two, "good", source="127.0.0.2"))
        good.enter()
        wait_until(lambda: cluster.presence().get("away") == "n2 away", what="one is away")
        code, said = run(cluster, "ban", "127.0.0.0/28", "--reason", "flood")
        assert code == 1
        assert "all 3 sessions come from 127.0.0.0/28" in said
        code, said = run(cluster, "ban", "::ffff:127.0.0.1", "--reason", "flood")
        assert code == 0
        assert said == "127.0.0.1 is banned for good; ended: away, bad\n"
        error = bad.wait_stopped()
        assert (error.code, error.text) == (Code.BANNED, "your address is banned: flood")
        wait_until(lambda: set(cluster.presence()) == {"good"}, what="all from there are gone")
        for address in (one, two):
            assert is_refused("innocent", address).code == Code.BANNED
            with NativeClient(address, "away", source="127.0.0.2") as elsewhere:
                elsewhere.resume(welcome, dict(welcome.logs))
                assert elsewhere.expect_error(Code.BANNED), "what a ban has ended stays so"
        good.say("I am from elsewhere")
        good.expect_text("I am from elsewhere")
        # A node that starts now knows it before it serves.
        cluster.nodes[0].kill()
        cluster.nodes[0].start()
        cluster.nodes[0].wait_event("ready", since=1)
        assert is_refused("innocent", one).code == Code.BANNED
        assert run(cluster, "unban", "127.0.0.1")[0] == 0

        def may_come() -> bool:
            with NativeClient(one, "innocent") as client:
                client.send_hello()
                return any(isinstance(frame, Welcome) for frame in client.drain(2.0))

        wait_until(may_come, what="it may come again")


def test_a_ban_made_while_no_node_is_up_holds_when_they_come(deploy: Deploy) -> None:
    cluster = deploy(start=False, nodes=1)
    cluster.redis.start()
    assert run(cluster, "ban", "bob")[0] == 0
    assert run(cluster, "ban", "127.0.0.3")[0] == 0
    cluster.start_nodes()
    address = cluster.nodes[0].address
    assert is_refused("bob", address).code == Code.BANNED
    with NativeClient(address, "x", source="127.0.0.3") as client:
        client.send_hello()
        assert client.expect_error(Code.BANNED)
    with ChatClient([address], "alice") as alice:
        assert alice.nick == "alice"
