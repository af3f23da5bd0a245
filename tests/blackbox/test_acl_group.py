"""A Sentinel group in which all are users with the rules of docs/redis.md: a failover works under them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

from cluster.acl import GROUP, rules
from cluster.operator.doctor.rights import IGNORED
from drill.processes.sentinel import GROUP as NAME
from tests.support.operator import Person
from tests.support.redis_group import GroupDeployment
from tests.support.waiting import wait_until

DOCUMENT = (Path(__file__).parents[2] / "docs" / "redis.md").read_text("utf-8")
NODE = ("hydrachat-node", [*rules()["node"].words(), *(f"+{word}" for word in GROUP)])


def documented(user: str) -> tuple[str, list[str]]:
    """A user whose rule stands in the text of the document."""
    found = re.search(rf"`user {user} on >… ([^`]*)`", DOCUMENT)
    assert found
    return user, found[1].split()


SERVERS = (NODE, documented("replica"), documented("sentinel"))
LOGIN = "redis+sentinel://hydrachat-node:pw@"


@pytest.fixture
def cluster(redis_server: str, tmp_path: Path) -> Iterator[GroupDeployment]:
    """Two nodes as users, not started yet."""
    made = GroupDeployment(redis_server, tmp_path)
    yield made
    made.discard()


def allowed(admin: Any, user: str, words: list[str]) -> None:
    admin.execute_command("ACL", "SETUSER", user, "reset", "on", ">pw", *words)


def ruled(cluster: GroupDeployment) -> None:
    """Gives users to the servers and sentinels of a running group."""
    for server in cluster.group.servers:
        with server.client() as admin:
            for user, words in SERVERS:
                allowed(admin, user, words)
            admin.config_set("masteruser", "replica")
            admin.config_set("masterauth", "pw")
    for sentinel in cluster.group.sentinels:
        with looked(sentinel) as admin:
            allowed(admin, *documented("hydrachat"))
            for option, value in (("auth-pass", "pw"), ("auth-user", "sentinel")):
                admin.execute_command("SENTINEL", "SET", NAME, option, value)


def looked(place: Any) -> Any:
    """A connection to a server or sentinel, as its default user."""
    return redis.Redis(port=place.port, decode_responses=True, socket_timeout=5)


def refused(places: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for place in places:
        if place.alive:
            with looked(place) as admin:
                rows: Any = admin.acl_log()
                found += [(row["username"], row["object"]) for row in rows if row["object"] not in IGNORED]
    return found


def test_a_failover_works_under_the_rules(cluster: GroupDeployment) -> None:
    group = cluster.group
    group.start()
    ruled(cluster)
    url = group.url.replace("redis+sentinel://", LOGIN) + "?sentinel_username=hydrachat&sentinel_password=pw"
    cluster.nodes = [cluster.make_node(node.name, url) for node in cluster.nodes]
    cluster.start_nodes()
    with ExitStack() as stack:
        ann = Person(stack, "ann", cluster.addresses)
        ann.chat.say("before").wait_accepted(20)
        former = group.master
        former.kill()
        master = group.wait_promotion(former)
        ann.chat.say("after").wait_accepted(40)

        def users() -> set[str]:
            with master.client() as admin:
                return {str(row["user"]) for row in admin.client_list()}

        wait_until(lambda: {"hydrachat-node", "replica", "sentinel"} <= users(), 20, "all are there as users")
    assert refused([*group.servers, *group.sentinels]) == []
