"""Users of Redis with the rules of docs/redis.md: all works under exactly these, and each word of them is needed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

import cluster as package
from cluster.acl import in_scripts, rules
from cluster.operator.doctor.rights import IGNORED
from tests.support.acl import Ruled, ruled
from tests.support.acl_life import lived
from tests.support.operator import Person
from tests.support.waiting import wait_until

ROOT = Path(str(package.__file__)).parent
SELDOM: dict[str, dict[str, str]] = {
    # What the short life does not come to, and where it is done.
    "node": {
        "hkeys": "scripts/lib.lua",
        "unsubscribe": "subscriber.py",
        "zcard": "scripts/announcing.lua",
        "hsetnx": "scripts/restore.lua",
        "xlen": "scripts/heal.lua",
        "hincrby": "scripts/account.lua",
        "xdel": "scripts/mail.lua",
    },
    "reader": {"script|load": "calls.py"},
    "operator": {
        "script|load": "calls.py",
        "hdel": "scripts/log.lua",
        "hexists": "scripts/membership.lua",
        "set": "scripts/recover.lua",
        "xrange": "scripts/membership.lua",
        "zrangebyscore": "scripts/lib.lua",
        "xrevrange": "scripts/log.lua",
        "pttl": "scripts/mend.lua",
        "ttl": "scripts/rights.lua",
        "xdel": "scripts/mail.lua",
    },
}
UNASKED = {"client|list", "config|get", "acl|log", *IGNORED}
"""What `doctor` tries and does without: these would show an operator more than he needs, the first the passwords. And
what the library tells Redis 7.2 and later of itself."""


@pytest.fixture
def cluster(redis_server: str, tmp_path: Path) -> Iterator[Ruled]:
    """Two nodes, each user with the rule of its role."""
    with ruled(redis_server, tmp_path, lease=1.0, grace=2.0) as made:
        yield made


def test_a_whole_life_needs_exactly_what_the_rules_grant(cluster: Ruled) -> None:
    lived(cluster)
    for node in cluster.nodes:
        assert "pass-of-" not in node.output.read_text("utf-8")
        assert node.events("password_exposed") == []
    refused = {(row["username"], row["object"]) for row in cluster.refused() if row["object"] not in UNASKED}
    assert refused == set()
    cluster.stop_watching()
    for role, rule in rules().items():
        used = cluster.watch.used[role] - {"auth"} - IGNORED  # anybody may
        assert used <= set(rule.commands), f"{role}: {sorted(used - set(rule.commands))}"
        unused = set(rule.commands) - used
        # A word that nothing needs any more fails here: take it out of cluster/acl.py.
        assert unused <= set(SELDOM[role]), f"{role}: {sorted(unused - set(SELDOM[role]))}"


def test_what_is_seldom_is_there_indeed() -> None:
    for rare in SELDOM.values():
        for command, place in rare.items():
            text = (ROOT / place).read_text("utf-8").upper()
            quotes = [f"'{command.upper()}'", f'"{command.upper()}"', '"SCRIPT", "LOAD"' if "|" in command else "'\0"]
            assert any(each in text for each in quotes), (command, place)
    assert "wait" not in in_scripts(["publish"])


@pytest.mark.parametrize("word", ["-xadd", "-evalsha", "-publish", "-script|load"])
def test_without_one_word_a_node_can_not_do_it_and_doctor_names_it(cluster: Ruled, word: str) -> None:
    with ExitStack() as stack:
        ann = Person(stack, "ann", cluster.addresses)
        ann.chat.say("before").wait_accepted(10)
        with cluster.client() as admin:
            admin.execute_command("SCRIPT", "FLUSH")
            cluster.allow("node", word)
            said = ann.chat.say("while it may not")
            wait_until(cluster.refused, 20, "Redis refuses")
            assert {row["username"] for row in cluster.refused()} == {"node"}
            code, told = cluster.run("", "doctor")
            assert code == 1
            assert f"node lacks +{word[1:]}" in told
            assert f"ACL SETUSER node {shlex.quote(f'+{word[1:]}')}`" in told
            cluster.allow("node")
            admin.acl_log_reset()
        said.wait_accepted(30)
        ann.chat.say("after").wait_accepted(10)
        assert "nodes may do all that they need" in cluster.run("", "doctor")[1]


@pytest.mark.parametrize("role", sorted(rules()))
def test_a_role_reaches_nothing_outside_of_the_prefix(cluster: Ruled, role: str) -> None:
    with cluster.client() as admin:
        admin.set("other:key", "secret")
    with redis.Redis.from_url(cluster.url(role), protocol=2) as user:
        refused: list[tuple[Any, ...]] = [
            ("GET", "other:key"),
            ("SCRIPT", "FLUSH"),
            ("CONFIG", "GET", "requirepass"),
            ("FLUSHALL",),
            ("KEYS", "*"),
            ("ACL", "LIST"),
            ("MONITOR",),
            ("EVAL", "return redis.call('GET', 'other:key')", "0"),
            ("PSUBSCRIBE", "*"),
            ("SUBSCRIBE", "other"),
            ("PUBLISH", "other", "x"),
        ]
        refused += [("SET", "{hydrachat}:x", "1"), ("XADD", "{hydrachat}:x", "*", "a", "b")] if role == "reader" else []
        for command in refused:
            with pytest.raises(redis.exceptions.NoPermissionError):
                user.execute_command(*command)
        digest = admin_digest(cluster, "return redis.call('GET', 'other:key')")
        with pytest.raises(redis.ResponseError, match=r"key|permission"):
            user.execute_command("EVALSHA", digest, "0")


def admin_digest(cluster: Ruled, script: str) -> str:
    with cluster.client() as admin:
        return str(admin.script_load(script))


def test_a_reader_is_told_what_he_may_not(cluster: Ruled) -> None:
    code, said = cluster.run("reader", "announce", "hello")
    assert code != 0
    assert re.search("can't run this command|has no permissions to run", said)  # Redis 7.0; 7.2
    assert "pass-of-" not in said
    assert cluster.run("reader", "nodes")[0] == 0
