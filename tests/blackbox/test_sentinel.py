"""A Redis group: whatever becomes of its master, nobody who is there loses anything, and every node is at the new
one, also with its ears."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from drill.history import Kind
from drill.processes.redis_server import RedisProcess
from drill.processes.sentinel import GROUP
from tests.blackbox.conftest import FAILED
from tests.support.native import NativeClient
from tests.support.redis_group import GroupDeployment
from tests.support.talker import Crowd
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Message

Deploy = Callable[..., GroupDeployment]
ROLES = 5  # publisher, reader, subscriber, beat, upkeep


@pytest.fixture
def cluster(request: pytest.FixtureRequest, redis_server: str, tmp_path: Path) -> Iterator[GroupDeployment]:
    """Two nodes on a group, not started yet."""
    made = GroupDeployment(redis_server, tmp_path)
    yield made
    if request.node.stash.get(FAILED, False):
        print(made.report())
    made.discard()


def links_at(server: RedisProcess) -> list[str]:
    """Names of the nodes' connections there."""
    try:
        with server.client() as client:
            return names_in(client)
    except (redis.RedisError, OSError):
        return []


def names_in(client: redis.Redis) -> list[str]:
    """Names of the nodes' connections at that server."""
    rows: Any = client.client_list()
    return sorted(row["name"] for row in rows if row["name"].startswith("hydrachat-"))


def wait_all_at(cluster: GroupDeployment, server: RedisProcess) -> None:
    """Until each link of each node is there, once."""
    there = ROLES * len(cluster.nodes)
    wait_until(lambda: len(set(links_at(server))) == there, 20, f"all links are at {server.name}")
    for node in cluster.nodes:
        node.wait_ready()


def heard_by_all(crowd: Crowd) -> None:
    """What one person of the first node says comes to all, now: not by catching up at the end."""
    words = "does everybody hear?"
    crowd.at("n1")[0].say(words=words)

    def heard() -> set[str]:
        return {h.client for h in crowd.history.all() if h.kind is Kind.RECEIVED and h.text == words}

    wait_until(lambda: len(heard()) == len(crowd.talkers), 10, "all hear it")


def test_a_master_that_dies_costs_nobody_anything(cluster: GroupDeployment) -> None:
    cluster.start()
    with Crowd(cluster, 8) as crowd:
        crowd.wait_talk(3)
        former = cluster.group.master
        former.kill()
        new = cluster.group.wait_promotion(former)
        wait_all_at(cluster, new)
        crowd.wait_talk(3)
        heard_by_all(crowd)
        crowd.finish()

        assert crowd.history.count(Kind.RENEWED) == 0


def test_a_master_that_stood_still_is_listened_to_by_nobody(cluster: GroupDeployment) -> None:
    cluster.start()
    with Crowd(cluster, 6) as crowd:
        crowd.wait_talk(3)
        former = cluster.group.master
        former.freeze()
        new = cluster.group.wait_promotion(former)
        wait_all_at(cluster, new)
        former.thaw()
        wait_until(former.answers, what="it is back")
        assert not [name for name in links_at(former) if name.endswith("subscriber")]
        crowd.wait_talk(3)
        heard_by_all(crowd)
        wait_all_at(cluster, new)
        assert links_at(former) == []
        crowd.finish()

        assert crowd.history.count(Kind.RENEWED) == 0


def test_a_promotion_by_hand_is_followed_though_the_old_master_lives(cluster: GroupDeployment) -> None:
    cluster.start()
    with Crowd(cluster, 6) as crowd:
        crowd.wait_talk(3)
        former = cluster.group.master
        with redis.Redis(port=cluster.group.sentinels[0].port) as sentinel:
            sentinel.execute_command("SENTINEL", "FAILOVER", GROUP)
        new = cluster.group.wait_promotion(former)
        wait_all_at(cluster, new)
        assert links_at(former) == []
        crowd.wait_talk(3)
        heard_by_all(crowd)
        crowd.finish()

        assert crowd.history.count(Kind.RENEWED) == 0


def test_a_master_that_is_cut_off_from_all_but_the_nodes_is_left_by_them(cluster: GroupDeployment) -> None:
    """Nothing closes their connections, and it never learns that it was replaced."""
    cluster.start()
    with Crowd(cluster, 6) as crowd:
        crowd.wait_talk(3)
        former = cluster.group.master
        with former.client() as inside:
            isolate(inside)
            new = cluster.group.wait_promotion(former)
            wait_all_at(cluster, new)
            crowd.wait_talk(3)
            heard_by_all(crowd)

            assert names_in(inside) == []
            role: Any = inside.execute_command("ROLE")
            assert role[0] == "master"
        crowd.finish()

        assert crowd.history.count(Kind.RENEWED) == 0


def isolate(inside: redis.Redis) -> None:
    """Who is connected stays, but for sentinels and replicas; nobody else gets in."""
    inside.config_set("maxclients", 1)
    rows: Any = inside.client_list()
    for row in rows:
        if row["name"].startswith("sentinel-") or "S" in row["flags"]:
            inside.client_kill_filter(_id=row["id"])


def test_without_a_replica_what_is_said_waits(cluster: GroupDeployment) -> None:
    cluster.start()
    replicas = [server for server in cluster.group.servers if server is not cluster.group.master]
    with NativeClient(cluster.addresses[0], "ana") as ana:
        ana.enter()
        for replica in replicas:
            replica.freeze()
        ana.say("does anybody keep it?")
        for node in cluster.nodes:
            node.wait_event("degraded")
            node.wait_ready(404)
        assert not [frame for frame in ana.drain(0.2) if isinstance(frame, Accepted)]
        for replica in replicas:
            replica.thaw()
        assert ana.expect(Accepted).n == 1
        for node in cluster.nodes:
            node.wait_ready()
        assert len(cluster.said_in("#lobby")) == 1


def test_commands_and_nodes_do_with_the_sentinels_that_are_there(cluster: GroupDeployment) -> None:
    cluster.group.start()
    cluster.group.sentinels[0].kill()
    cluster.start_nodes()
    with NativeClient(cluster.addresses[0], "ana") as ana:
        ana.enter()
        assert ask(cluster, "redis-cli", "ROLE").stdout.startswith("master\n")
        assert "ana" in ask(cluster, "who").stdout
        assert "n2" in ask(cluster, "nodes").stdout
    for sentinel in cluster.group.sentinels:
        sentinel.discard()
    done = ask(cluster, "who")
    assert (done.returncode, done.stdout) == (3, "")
    assert "no sentinel names the master mymaster" in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_an_operator_did_outlives_the_master(cluster: GroupDeployment) -> None:
    cluster.start()
    with NativeClient(cluster.addresses[0], "ana") as ana, NativeClient(cluster.addresses[1], "bob") as bob:
        ana.enter()
        welcome = bob.enter()
        assert ask(cluster, "ban", "mallory").returncode == 0
        assert ask(cluster, "kick", "bob").returncode == 0
        former = cluster.group.master
        former.kill()
        cluster.group.wait_promotion(former)
        assert ask(cluster, "announce", "on we go").stdout == "said to 1 session\n"
        ana.expect(Message, lambda frame: frame.text == "on we go")
        for node in cluster.nodes:
            node.wait_ready()
        with (
            NativeClient(cluster.addresses[0], "bob") as again,
            NativeClient(cluster.addresses[0], "mallory") as barred,
        ):
            again.resume(welcome, dict(welcome.logs))
            assert again.expect_error(Code.KICKED)
            barred.send_hello()
            assert barred.expect_error(Code.BANNED)
        replicas = [server for server in cluster.group.servers if server is not cluster.group.master]
        for replica in replicas:
            replica.discard()
        done = ask(cluster, "unban", "mallory")
        assert done.returncode == 3
        assert "takes no writes now" in done.stderr


def ask(cluster: GroupDeployment, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "hydrachat", command, "--redis", cluster.group.url, *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
