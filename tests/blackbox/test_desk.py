"""The operator's desk beside real nodes: what it shows while they live, while they die, and when all are gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydrachat import cli
from tests.support.deployment import Deployment
from tests.support.detour import Detour
from tests.support.native import NativeClient
from tests.support.redis_group import GroupDeployment
from tests.support.shown import shown
from tests.support.waiting import wait_until
from wire.frames import Accepted

Deploy = Callable[..., Deployment]
Ask = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Exit code and rows of a command."""

    def run(url: str, *words: str) -> tuple[int, list[dict[str, Any]]]:
        code = cli.run([*words, "--json", "--redis", url])
        shown = capsys.readouterr().out
        return code, json.loads(shown) if shown else []

    return run


def unwell(ask: Ask, url: str, *flags: str) -> dict[str, str]:
    """The checks of the doctor that are bad, and what was seen."""
    code, rows = ask(url, "doctor", *flags)
    found = {row["check"]: row["seen"] for row in rows if row["verdict"] == "bad"}
    assert code == int(bool(found))
    return found


def said(client: NativeClient, text: str) -> None:
    client.say(text)
    client.expect(Accepted)


def test_a_node_that_dies_is_told_until_it_is_cleared_up(deploy: Deploy, ask: Ask) -> None:
    cluster = deploy(nodes=3)
    url, (first, _, _) = cluster.redis.url, cluster.nodes
    with NativeClient(first.address, "alice") as alice, NativeClient(cluster.addresses[1], "bob") as bob:
        alice.enter()
        said(alice, "hello")
        bob.enter()
        said(bob, "hello alice")
        assert unwell(ask, url) == {}
        assert ask(url, "who", "alice")[1][0]["node"] == "n1"
        first.kill()
        wait_until(lambda: "n1 is lost" in unwell(ask, url).get("leases", ""), what="the loss is told")
        assert [row["nick"] for row in ask(url, "sessions", "n1")[1]] in (["alice"], [])
        wait_until(lambda: unwell(ask, url) == {}, 30, "cleared up")
        _, rows = ask(url, "history", "lobby")
        assert [row["text"] for row in rows if row["nick"] == "alice"] == ["", "hello", "expired"]


def test_a_node_that_stands_still_runs_without_a_lease(deploy: Deploy, ask: Ask) -> None:
    cluster = deploy(nodes=2)
    url, node = cluster.redis.url, cluster.nodes[0]
    node.freeze()
    wait_until(lambda: unwell(ask, url).get("processes", "").startswith("n1/"), 30, "the sleeper is told")
    node.thaw()
    wait_until(lambda: unwell(ask, url) == {}, 30, "all is well again")


def test_a_deaf_node_is_told_and_so_is_that_it_hears_again(deploy: Deploy, ask: Ask) -> None:
    cluster = deploy(nodes=2, start=False)
    with Detour(cluster.redis.port) as detour:
        cluster.nodes[0] = deaf = cluster.make_node("n1", detour.url)
        cluster.start()
        url = cluster.redis.url
        wait_until(lambda: unwell(ask, url) == {}, 30, "all is well")
        detour.deaf.set()
        wait_until(lambda: unwell(ask, url).get("states") == "n1 is deaf", 30, "the deaf one is told")
        detour.deaf.clear()
        wait_until(lambda: unwell(ask, url) == {}, 30, "it hears again")
        detour.cut.set()  # and is lost by and by
        wait_until(lambda: "n1 is lost" in unwell(ask, url).get("leases", ""), 30, "it is cut off")
        deaf.discard()


def test_a_redis_that_takes_no_writes_is_what_is_to_be_mended(deploy: Deploy, ask: Ask) -> None:
    cluster = deploy(nodes=2)
    url = cluster.redis.url
    with NativeClient(cluster.addresses[0], "alice") as alice, cluster.client() as admin:
        alice.enter()
        admin.config_set("maxmemory", 1)
        wait_until(lambda: unwell(ask, url).get("nodes") == "none has a lease", 30, "their leases are over")
        _, rows = ask(url, "doctor")
        mends = {row["check"]: row["mend"] for row in rows if row["verdict"] == "bad"}
        assert "CONFIG SET maxmemory" in mends.pop("memory")
        assert set(mends.values()) == {"first what is wrong with Redis, above; the nodes go on by themselves then"}
        admin.config_set("maxmemory", 0)
        wait_until(lambda: unwell(ask, url) == {}, 30, "they went on by themselves")
        said(alice, "still here")


def test_all_is_readable_while_every_node_is_down(deploy: Deploy, ask: Ask) -> None:
    cluster = deploy(nodes=2)
    url = cluster.redis.url
    with NativeClient(cluster.addresses[0], "alice") as alice:
        alice.enter()
        said(alice, "hello")
        for node in cluster.nodes:
            node.kill()
        assert [row["node"] for row in ask(url, "nodes")[1]] == ["n1", "n2"]
        assert [row["nick"] for row in ask(url, "who")[1]] == ["alice"]
        assert [row["room"] for row in ask(url, "rooms")[1]] == ["#lobby"]
        assert [row["nick"] for row in ask(url, "sessions", "n1")[1]] == ["alice"]
        assert [row["text"] for row in ask(url, "history", "#lobby")[1]] == ["", "hello"]
        wait_until(lambda: unwell(ask, url).get("nodes") == "none is up", what="their leases are over")


def test_a_room_is_followed_over_the_loss_of_all_data_and_nothing_is_shown_twice(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    with (
        NativeClient(cluster.addresses[0], "alice") as alice,
        shown("history", "lobby", "--follow", "--json", "--redis", cluster.redis.url) as log,
    ):
        alice.enter()
        for text in ("one", "two", "three"):
            said(alice, text)
            log.wait(f'"text": "{text}"')
        with cluster.client() as client:
            client.flushall()
        said(alice, "four")
        log.wait('"text": "four"')
        said(alice, "five")
        log.wait('"text": "five"')
        assert log.interrupt() == 130
    rows = [json.loads(line) for line in log.text.split("\n") if line.startswith("{")]
    assert [row["text"] for row in rows if row["kind"] == "message"] == ["one", "two", "three", "four", "five"]
    assert len({row["epoch"] for row in rows}) == 2


def test_the_desk_finds_the_master_of_a_group(redis_server: str, tmp_path: Path, ask: Ask) -> None:
    cluster = GroupDeployment(redis_server, tmp_path)
    try:
        cluster.start()
        url, former = cluster.group.url, cluster.group.master
        with NativeClient(cluster.addresses[0], "alice") as alice:
            alice.enter()
            said(alice, "hello")
            assert unwell(ask, url) == {}
            _, rows = ask(url, "doctor")
            seen = {row["check"]: row["seen"] for row in rows}
            assert (seen["replication"], seen["replicas"]) == ("master, 2 replicas", "2 answered")
            assert seen["sentinels"] == "3 sentinels of one mind"
            cluster.group.sentinels[0].kill()
            assert any("did not answer" in row["seen"] for row in ask(url, "doctor")[1] if row["check"] == "sentinels")
            former.kill()
            cluster.group.wait_promotion(former)
            assert [row["nick"] for row in ask(url, "who")[1]] == ["alice"]
            assert "hello" in [row["text"] for row in ask(url, "history", "lobby")[1]]
            wait_until(lambda: unwell(ask, url) == {}, 30, "all is well at the new master")
    finally:
        cluster.discard()
