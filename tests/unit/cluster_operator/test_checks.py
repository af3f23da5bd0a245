"""Each check of the doctor is a function of facts: what is well, and one change for each thing that may be wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cluster.operator.doctor import orphans
from cluster.operator.doctor.examine import judged
from cluster.operator.doctor.facts import (
    Boot,
    Buffer,
    DataFacts,
    Facts,
    Lack,
    NodeFacts,
    Refusal,
    Replica,
    Sentinel,
    ServerFacts,
    TermFacts,
)
from cluster.operator.doctor.finding import Finding, Verdict, some
from cluster.operator.read import NodeRow

NOW = 1_700_000_000_000
INFO = {
    "redis_version": "7.0.15",
    "role": "master",
    "connected_slaves": 0,
    "maxmemory": 0,
    "maxmemory_policy": "noeviction",
    "used_memory": 50_000_000,
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "connected_clients": 12,
    "maxclients": 10_000,
}
CONFIG = {
    "appendfsync": "always",
    "client-output-buffer-limit": "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    "timeout": "0",
    "min-replicas-to-write": "1",
}
TERM = {"term": "r:s:e", "server": "r:s", "state": "open", "opened": str(NOW - 600_000), "hold": str(NOW - 500_000)}
SETTINGS = {"lease": "5.0", "grace": "30.0", "retain": "10000"}


def boot(node: str, **changes: Any) -> Boot:
    row = NodeRow(node, "b", "h:1", "h:2", "serving", "1.0", 3, True, 0.4, 7, "h", "")
    row = replace(row, **{name: value for name, value in changes.items() if name in NodeRow.__slots__})
    rest = {name: value for name, value in changes.items() if name not in NodeRow.__slots__}
    return replace(Boot(row, 0.01, SETTINGS, True, True), **rest)


def facts(
    info: dict[str, Any] | None = None,
    config: dict[str, str] | None = None,
    term: dict[str, str] | None = None,
    nodes: list[Boot] | None = None,
    listeners: list[str] | None = None,
    data: DataFacts | None = None,
    **more: Any,
) -> Facts:
    """What is well, with changes; `more`: fields of the server's facts or of the term's."""
    server = ServerFacts({**INFO, **(info or {})}, {**CONFIG, **(config or {})}, [], [], [], False, 0.0, 0.001)
    told = TermFacts({**TERM, **(term or {})}, 1, NOW, "r:s", 5.0, 30.0, [], [])
    server = replace(server, **{name: value for name, value in more.items() if name in ServerFacts.__slots__})
    told = replace(
        told, **{name: value for name, value in more.items() if name in TermFacts.__slots__ and name != "term"}
    )
    boots = NodeFacts([boot("n1"), boot("n2")] if nodes is None else nodes, listeners or [])
    return Facts("{t}:", server, told, boots, data or DataFacts(20, 2))


def unwell(found: Facts) -> dict[str, Finding]:
    return {finding.check: finding for finding in judged(found) if finding.verdict is not Verdict.OK}


def test_what_is_well_is_all_well() -> None:
    assert unwell(facts()) == {}
    assert (
        unwell(facts(info={"connected_slaves": 1}, is_group=True, replicas=[Replica("h:1", 0.1)], sentinels=[S1, S2]))
        == {}
    )


GONE = boot("n2", alive=False, age=12.0)
PAIR = [boot("n1"), boot("n3")]
S1, S2 = Sentinel("h:1", True, "r:1", ""), Sentinel("h:2", True, "r:1", "")
STUCK = boot("n2", alive=False, age=120.0)
WARN, BAD = Verdict.WARN, Verdict.BAD


@pytest.mark.parametrize(
    ("changes", "check", "verdict", "seen", "mend"),
    [
        ({"info": {"redis_version": "6.0.16"}}, "version", BAD, "Redis 6.0.16", "upgrade"),
        ({"info": {"maxmemory_policy": "allkeys-lru"}}, "eviction", BAD, "allkeys-lru", "maxmemory-policy noeviction"),
        ({"info": {"evicted_keys": 7}}, "eviction", WARN, "7 keys", ""),
        ({"info": {"maxmemory": 55_000_000}}, "memory", WARN, "48 MB of 52 MB", "CONFIG SET maxmemory 104mb"),
        ({"info": {"maxmemory": 50_000_000}}, "memory", BAD, "48 MB of 48 MB", "maxmemory"),
        ({"info": {"aof_enabled": 0}}, "persistence", BAD, "appendonly is no", "CONFIG SET appendonly yes"),
        ({"info": {"aof_last_write_status": "err"}}, "persistence", BAD, "aof_last_write_status", "room"),
        ({"config": {"appendfsync": "everysec"}}, "persistence", WARN, "everysec", "appendfsync always"),
        ({"config": {"client-output-buffer-limit": "pubsub 1048576 0 0"}}, "output buffers", WARN, "1.0 MB", "pubsub"),
        ({"buffers": [Buffer("n1-sub", 9_000_000)]}, "output buffers", WARN, "n1-sub 8.6", ""),
        ({"config": {"client-output-buffer-limit": "normal 1048576 0 0"}}, "output buffers", WARN, "normal", "normal"),
        ({"sentinels": [S1, replace(S2, trouble="NOQUORUM x")]}, "sentinels", BAD, "h:2: NOQUORUM x", "start"),
        ({"sentinels": [S1, replace(S2, master="r:2")]}, "sentinels", WARN, "r:1, r:2", "log"),
        ({"sentinels": [S1, replace(S2, answers=False, master="")]}, "sentinels", WARN, "h:2 did not answer", "start"),
        ({"config": {"timeout": "30"}}, "idle timeout", WARN, "30 s", "timeout 0"),
        ({"info": {"connected_clients": 9_500}}, "connections", WARN, "9500 of 10000", "maxclients 20000"),
        ({"info": {"role": "slave", "master_host": "h", "master_port": 1}}, "replication", BAD, "of h:1", "redis"),
        ({"is_group": True}, "replication", BAD, "no replica", "start a replica"),
        (
            {"is_group": True, "info": {"connected_slaves": 1}, "config": {"min-replicas-to-write": "0"}},
            "replication",
            WARN,
            "is 0",
            "min-replicas-to-write 1",
        ),
        ({"round_trip": 0.3}, "latency", WARN, "300.0 ms", "SLOWLOG"),
        ({"server": "other:s"}, "term", BAD, "another server", "start"),
        ({"term": {"state": "recovering", "awaited": "n2"}}, "term", WARN, "awaited: n2", "wait"),
        ({"schema": 2}, "term", BAD, "schema 2", "version"),
        ({"nodes": []}, "nodes", BAD, "none is up", "hydrachat up"),
        ({"nodes": [boot("n1")]}, "nodes", WARN, "only n1", "another"),
        ({"nodes": [*PAIR, GONE]}, "leases", BAD, "n2 is lost, no heartbeat for 12 s", "start it again"),
        ({"nodes": [*PAIR, STUCK]}, "leases", BAD, "n2 is lost", "living nodes' logs"),
        ({"listeners": ["n3/x"]}, "processes", BAD, "n3/x listens without a lease", "restart"),
        ({"nodes": [boot("n1"), boot("n2", hears=False)]}, "subscriptions", BAD, "n2/b", "log"),
        ({"nodes": [boot("n1"), boot("n2", state="deaf")]}, "states", BAD, "n2 is deaf", "log"),
        ({"nodes": [boot("n1"), boot("n2", ready=False)]}, "readiness", WARN, "n2 at h:2", "curl http://h:2/readyz"),
        ({"nodes": [boot("n1"), boot("n1", boot="c"), boot("n2")]}, "node ids", BAD, "n1/b, n1/c", "--id"),
        (
            {"nodes": [boot("n1"), boot("n2", settings={**SETTINGS, "grace": "3.0"})]},
            "node settings",
            BAD,
            "--grace: 30.0 at n1, 3.0 at n2",
            "same",
        ),
        (
            {"nodes": [boot("n1"), boot("n2", settings={**SETTINGS, "access": "password"})]},
            "access",
            WARN,
            "--access: open at n1, password at n2",
            "same",
        ),
        ({"nodes": [boot("n1"), boot("n2", version="1.1")]}, "versions", WARN, "1.0, 1.1", "upgrade"),
        ({"nodes": [boot("n1"), boot("n2", ahead=-7.0)]}, "clocks", WARN, "n2 is 7.0 s behind Redis's", "chrony"),
        ({"ahead": 9.0}, "clocks", WARN, "this machine is 9.0 s ahead", "chrony"),
        ({"replicas": [Replica("h:1", 3.0)]}, "clocks", BAD, "h:1 is 3.0 s ahead", "chrony"),
        ({"replicas": [Replica("h:1", None)]}, "replicas", WARN, "h:1 did not answer", "replica-announce-ip"),
        ({"data": DataFacts(1, 1, {}, ["{t}:x is a string, not a hash"])}, "types", BAD, "{t}:x", "DEL '{t}:x'"),
        ({"lacking": [Lack("node", ("&{t}:*", "+xadd"))]}, "user rights", BAD, "node lacks &{t}:* +xadd",
         "redis-cli ACL SETUSER node '&{t}:*' +xadd`"),
        ({"lacking": [], "refusals": [Refusal("bob", "keys", "command", 3.0, False)]}, "user rights", WARN,
         "bob: command keys, 3 s ago", "ACL LOG RESET"),
        ({"healing": ["#lobby"]}, "recovery", BAD, "#lobby", "damage"),
        ({"ghosts": ["#lobby s"]}, "recovery", WARN, "#lobby s", "heartbeat"),
    ],
)  # fmt: skip
def test_one_thing_wrong_is_one_finding(
    changes: dict[str, Any], check: str, verdict: Verdict, seen: str, mend: str
) -> None:
    found = unwell(facts(**changes))
    assert set(found) == {check}
    assert found[check].verdict is verdict
    assert seen in found[check].seen
    assert mend in found[check].mend
    assert found[check].why


@pytest.mark.parametrize(
    "changes",
    [
        {"info": {"maxmemory": 1_000_000}},
        {"info": {"aof_last_write_status": "err"}},
        {"info": {"rdb_last_bgsave_status": "err"}, "config": {"save": "60 1", "stop-writes-on-bgsave-error": "yes"}},
        {"info": {"role": "slave"}},
    ],
    ids=["memory", "append-only file", "snapshot", "replica"],
)
def test_where_redis_takes_no_writes_nobody_is_sent_to_the_nodes(changes: dict[str, Any]) -> None:
    """Their leases run out with the refusals: to start or restart them would mend nothing."""
    gone = [boot("n1", alive=False, age=12.0), boot("n2", alive=False, age=120.0)]
    found = unwell(facts(nodes=gone, listeners=["n1/b", "n2/b"], **changes))
    for check in ("nodes", "leases", "processes"):
        assert found[check].mend == "first what is wrong with Redis, above; the nodes go on by themselves then"
        assert found[check].why.startswith("Redis takes no writes")
    assert {"memory", "persistence", "replication"} & set(found), "the cause is told, too"


def test_what_a_full_redis_is_to_get_is_more_than_it_holds() -> None:
    found = unwell(facts(info={"maxmemory": 1_000_000}))
    assert "CONFIG SET maxmemory 71mb" in found["memory"].mend


def test_settings_that_can_not_be_read_are_said_and_no_more() -> None:
    made = facts()
    assert set(unwell(replace(made, server=replace(made.server, config=None, buffers=None)))) == {"settings"}


def test_no_term_at_all() -> None:
    made = facts(nodes=[])
    found = unwell(replace(made, term=replace(made.term, term={})))
    assert set(found) == {"term", "nodes"}
    assert "start a node" in found["term"].mend


@pytest.mark.parametrize("kind", list(orphans.KINDS))
def test_each_kind_of_what_is_wrong_in_the_data(kind: str) -> None:
    found = unwell(facts(data=DataFacts(9, 2, {kind: ["#room"]})))
    (finding,) = found.values()
    assert finding.verdict is BAD
    assert "(#room)" in finding.seen
    assert finding.fixable == (kind in orphans.FIXABLE)
    assert ("--fix" in finding.mend) == finding.fixable
    assert "{" not in finding.mend.replace("{t}:", "")


def test_while_a_hold_is_on_it_is_said_when_to_mend() -> None:
    made = facts(term={"hold": str(NOW + 9_000)}, data=DataFacts(9, 2, {"nickname": ["x"], "overdue": ["s"]}))
    found = unwell(made)
    assert set(found) == {"orphaned keys"}, "nobody is overdue while nobody is judged"
    assert "once no node may come back" in found["orphaned keys"].mend


def test_a_lost_node_is_not_stuck_while_nobody_could_clear_up() -> None:
    assert "start it again" in unwell(facts(nodes=[STUCK]))["leases"].mend
    assert "start it again" in unwell(facts(nodes=[boot("n1"), STUCK], term={"hold": str(NOW + 1)}))["leases"].mend


def test_a_node_that_left_in_order_is_not_lost() -> None:
    made = facts(nodes=[*PAIR, boot("n2", alive=False, age=12.0, state="stopped")])
    assert unwell(made) == {}
    (told,) = (finding for finding in judged(made) if finding.check == "leases")
    assert told.seen == "no node is lost; stopped in order: n2"


def test_many_are_cut_short() -> None:
    assert some([str(number) for number in range(8)]) == "0, 1, 2, 3, 4 and 3 more"


def test_a_node_that_runs_again_is_not_lost() -> None:
    former = boot("n3", alive=False, age=12.0)
    assert "leases" not in unwell(facts(nodes=[*PAIR, former]))
    assert "n3" not in unwell(facts(nodes=[*PAIR, former, GONE]))["leases"].seen
