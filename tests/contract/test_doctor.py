"""`hydrachat doctor` on real data: each thing that may be wrong is made, found, mended; what is right is left alone.

On a real Redis only: the doctor asks what fakeredis does not have (INFO, CONFIG)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cluster.operator.connect import connect
from cluster.operator.doctor import examine
from cluster.operator.doctor.facts import Facts
from cluster.operator.doctor.finding import Finding, Verdict
from cluster.operator.doctor.gather import gather
from cluster.operator.doctor.orphans import FIXABLE, KINDS
from cluster.operator.doctor.script import Mender, NotNow
from tests.contract.space import LOBBY, Node, Space, User
from tests.support.waiting import wait_until

NOBODY = "nobody"
FAR = 9_999_999_999_999
DEAD = "n9/dead"


@dataclass
class Ward:
    """A cluster of two nodes, Alice at one and Bob at the other, long after a term opened."""

    space: Space
    nodes: tuple[Node, Node]
    alice: User
    bob: User

    @property
    def admin(self) -> Any:
        return self.space.admin

    def key(self, name: str) -> str:
        return self.space.key(name)

    def boot(self, node: Node) -> str:
        return f"{node.name}/{node.cluster.boot}"

    @property
    def epoch(self) -> str:
        return str(self.admin.hget(self.key("term"), "term")).rpartition(":")[2]

    def facts(self) -> Facts:
        with connect(self.space.backend.url) as client:
            return gather(client, self.space.backend.url, self.space.prefix)

    def wrong(self) -> set[str]:
        return set(self.facts().data.wrong)

    def fix(self) -> list[Finding]:
        with connect(self.space.backend.url) as client:
            return examine.fix(client, self.space.backend.url, self.space.prefix)

    def dump(self) -> dict[str, Any]:
        """All that stands in Redis under the prefix, but for heartbeats."""
        readers: dict[str, Callable[[str], Any]] = {
            "hash": self.admin.hgetall,
            "set": self.admin.smembers,
            "zset": lambda key: set(self.admin.zrange(key, 0, -1)),
            "stream": self.admin.xrange,
            "string": self.admin.get,
        }
        beating = {self.key("term"), *(self.key(f"node:{self.boot(node)}") for node in self.nodes)}
        keys = [key for key in self.admin.scan_iter(self.key("*")) if key not in beating]
        return {key: readers[self.admin.type(key)](key) for key in keys}


LEASE = 5.0
"""Seconds: what takes a third of it to answer is away, and a node whose Redis is away is a finding."""


@pytest.fixture
def ward(real_space: Space) -> Ward:
    nodes = real_space.serve("n1", lease=LEASE), real_space.serve("n2", lease=LEASE)
    made = Ward(real_space, nodes, nodes[0].claim("Alice"), nodes[1].claim("Bob"))
    real_space.end_hold()
    made.bob.join("#ops")
    made.alice.said("hello")
    return made


def put(ward: Ward, log: str, offset: int) -> None:
    ward.admin.xadd(ward.key(log), {"kind": "message", "text": "x"}, id=f"{offset}-0")


def stuck(ward: Ward) -> None:
    """At a boot that is gone, and of which nobody knows that it is."""
    session = ward.alice.session
    ward.admin.srem(ward.key(f"node:{ward.boot(ward.nodes[0])}:sessions"), session)
    ward.admin.hset(ward.key(f"session:{session}"), "node", DEAD)
    ward.admin.sadd(ward.key(f"node:{DEAD}:sessions"), session)
    ward.admin.hset(ward.key("presence"), "Alice", "n9 here")


def go_away(ward: Ward) -> None:
    ward.alice.away()
    wait_until(lambda: ward.space.row(ward.alice)["state"] == "away", what="away")


def endless(ward: Ward) -> None:
    go_away(ward)
    ward.admin.zrem(ward.key("absent"), ward.alice.session)


def kept(ward: Ward) -> None:
    put(ward, "room:#old:log", 1)
    ward.admin.hset(ward.key("room:#old:meta"), mapping={"epoch": ward.epoch, "top": 1})


def inbox(ward: Ward) -> None:
    put(ward, f"inbox:{NOBODY}:log", 1)
    ward.admin.hset(ward.key(f"inbox:{NOBODY}:meta"), mapping={"epoch": ward.epoch, "top": 1})


Break = Callable[[Ward], object]
BREAKS: dict[str, Break] = {
    "nickname": lambda w: w.admin.set(w.key("nick:zed"), NOBODY),
    "nameless": lambda w: w.admin.delete(w.key("nick:alice")),
    "presence": lambda w: w.admin.hset(w.key("presence"), "Zed", "n1 here"),
    "unseen": lambda w: w.admin.hset(w.key("presence"), "Alice", "n9 away"),
    "member": lambda w: w.admin.hset(w.key("room:#lobby:members"), NOBODY, "Zed"),
    "outsider": lambda w: w.admin.hdel(w.key("room:#lobby:members"), w.alice.session),
    "unlisted": lambda w: w.admin.srem(w.key("rooms"), "#ops"),
    "deserted": lambda w: w.admin.sadd(w.key("rooms"), "#empty"),
    "kept": kept,
    "inbox": inbox,
    "said": lambda w: w.admin.hset(w.key(f"session:{NOBODY}:said"), "1", "no not_member"),
    "held": lambda w: w.admin.sadd(w.key(f"node:{w.boot(w.nodes[0])}:sessions"), NOBODY),
    "unjudged": stuck,
    "unheld": lambda w: w.admin.srem(w.key(f"node:{w.boot(w.nodes[0])}:sessions"), w.alice.session),
    "endless": endless,
    "absent": lambda w: w.admin.zadd(w.key("absent"), {NOBODY: FAR}),
    "lapsed": lambda w: w.admin.sadd(w.key("lapsed"), DEAD),
    "unclaimed": lambda w: w.admin.hset(w.key(f"session:{w.alice.session}"), "epoch", "former"),
}
# What cannot be wrong alone.
WITH = {"unjudged": {"unheld"}}


def test_every_kind_that_can_be_mended_is_made_here() -> None:
    assert set(BREAKS) == set(FIXABLE)


def test_what_is_right_has_no_finding_and_is_not_touched(ward: Ward) -> None:
    before = ward.dump()
    assert ward.wrong() == set()
    assert [finding for finding in ward.fix() if finding.mended] == []
    assert ward.dump() == before


@pytest.mark.parametrize("kind", list(BREAKS))
def test_each_kind_is_found_and_mended(kind: str, ward: Ward) -> None:
    BREAKS[kind](ward)
    before = ward.dump()
    facts = ward.facts()
    assert set(facts.data.wrong) == {kind} | WITH.get(kind, set())
    told = [finding for finding in examine.judged(facts) if finding.check == KINDS[kind].check]
    assert Verdict.BAD in {finding.verdict for finding in told}
    assert ward.dump() == before, "looking has changed something"
    mended = {item for finding in ward.fix() if finding.mended for item in finding.items}
    assert set(facts.data.wrong[kind]) <= mended
    assert ward.wrong() == set()
    assert not [finding for finding in ward.fix() if finding.mended], "not idempotent"


def test_a_member_who_is_not_there_leaves_once(ward: Ward) -> None:
    BREAKS["member"](ward)
    ward.fix()
    ward.fix()
    assert [(entry["nick"], entry["text"]) for entry in ward.space.kinds(LOBBY, "left")] == [("Zed", "expired")]
    ward.alice.said("still offsets without holes")
    assert [offset for offset, _ in ward.space.stream(LOBBY)] == [1, 2, 3, 4, 5]


def test_a_stuck_session_comes_to_its_end(ward: Ward) -> None:
    """--fix ends nobody: it lets the living nodes judge the dead one, and the grace runs as ever."""
    stuck(ward)
    ward.fix()
    wait_until(lambda: ward.space.row(ward.alice)["state"] == "away", what="given up")
    ward.space.end_grace(ward.alice)
    wait_until(lambda: not ward.space.row(ward.alice), what="ended")
    assert [entry["nick"] for entry in ward.space.kinds(LOBBY, "left")] == ["Alice"]
    assert ward.nodes[1].claim("Alice").session != ward.alice.session


def test_what_is_left_of_a_session_goes_in_its_time(ward: Ward) -> None:
    """A late node might still bring the session: what may be its own is not deleted at once."""
    inbox(ward)
    ward.fix()
    assert 0 < ward.admin.ttl(ward.key(f"inbox:{NOBODY}:log")) < 60
    assert 0 < ward.admin.ttl(ward.key(f"inbox:{NOBODY}:meta")) < 60


def test_who_was_put_right_can_go_on(ward: Ward) -> None:
    for kind in ("nameless", "unseen", "outsider", "unheld"):
        BREAKS[kind](ward)
    ward.fix()
    ward.alice.said("I am here")
    assert ward.admin.hget(ward.key("presence"), "Alice") == "n1 here"
    assert ward.admin.get(ward.key("nick:alice")) == ward.alice.session


def twin(ward: Ward) -> None:
    ward.admin.set(ward.key("nick:bob"), ward.alice.session)


def headless(ward: Ward) -> None:
    put(ward, "room:#old:log", 1)
    ward.admin.expire(ward.key("room:#old:log"), 1000)


def overdue(ward: Ward) -> None:
    go_away(ward)
    ward.admin.hset(ward.key(f"session:{ward.alice.session}"), "until", 1)
    ward.admin.zadd(ward.key("absent"), {ward.alice.session: FAR})


@pytest.mark.parametrize(
    ("kind", "act", "said"),
    [
        ("twin", twin, "redis-cli HSET '{prefix}session:"),
        ("headless", headless, "redis-cli DEL '{prefix}room:#old:log'"),
        ("overdue", overdue, "logs"),
    ],
)
def test_what_only_a_person_can_mend_is_told_and_left(kind: str, act: Break, said: str, ward: Ward) -> None:
    act(ward)
    assert ward.wrong() == {kind}
    (finding,) = [each for each in ward.fix() if each.verdict is Verdict.BAD and each.check == KINDS[kind].check]
    assert said.replace("{prefix}", ward.space.prefix) in finding.mend
    assert not finding.fixable
    assert ward.wrong() == {kind}


def test_a_key_of_a_wrong_type_is_told_and_keeps_nothing_else_from_being_mended(ward: Ward) -> None:
    ward.admin.set(ward.key("room:#spoilt:log"), "no stream")
    ward.admin.set(ward.key("room:#worse:members"), "no hash")
    BREAKS["nickname"](ward)
    findings = ward.fix()
    (told,) = [each for each in findings if each.check == "types"]
    assert len(told.items) == 2
    assert ward.wrong() == set()


def mender(ward: Ward) -> Iterator[Mender]:
    with connect(ward.space.backend.url) as client:
        yield Mender(client, ward.space.prefix, ward.facts().term)


def test_the_script_itself_does_not_take_what_is_right_for_wrong(ward: Ward) -> None:
    """Whatever a census that others changed while it was read may have made of it."""
    sessions = [ward.alice.session, ward.bob.session]
    boots = [ward.boot(node) for node in ward.nodes]
    items = [*sessions, *boots, "alice", "bob", "Alice", "Bob", LOBBY, "#ops", "#nowhere", NOBODY, f"@{NOBODY}"]
    items += [f"{room} {session}" for room in (LOBBY, "#ops", "#nowhere") for session in [*sessions, NOBODY]]
    items += [f"{boot} {session}" for boot in boots for session in [*sessions, NOBODY]]
    before = ward.dump()
    for each in mender(ward):
        assert each.confirmed(dict.fromkeys(KINDS, items)) == {}
        assert [each.mend(kind, items) for kind in FIXABLE] == [[]] * len(FIXABLE)
    assert ward.dump() == before


def in_hold(ward: Ward) -> None:
    ward.admin.hset(ward.key("term"), "hold", FAR)


def in_another_term(ward: Ward) -> None:
    ward.admin.hset(ward.key("term"), "server", "another:server")


@pytest.mark.parametrize("act", [in_hold, in_another_term])
def test_nothing_is_mended_while_somebody_may_come_back(act: Break, ward: Ward) -> None:
    for node in ward.nodes:
        node.stop()
    BREAKS["nickname"](ward)
    act(ward)
    ward.fix()
    assert "nickname" in ward.wrong()


def test_a_term_that_has_gone_by_refuses_to_mend(ward: Ward) -> None:
    BREAKS["nickname"](ward)
    for each in mender(ward):
        ward.admin.hset(ward.key("term"), "term", "a:b:other")
        with pytest.raises(NotNow):
            each.mend("nickname", ["zed"])
    assert ward.admin.exists(ward.key("nick:zed"))


def test_a_busy_cluster_is_not_taken_for_a_broken_one(ward: Ward) -> None:
    """Who meets here: four threads on which people come, talk, move and go, and a doctor who looks and mends."""
    done, failures = threading.Event(), list[Exception]()
    said: dict[str, int] = {}

    def live(number: int) -> None:
        try:
            turn = 0
            while not done.is_set():
                turn += 1
                node, other = ward.nodes[:: 1 if turn % 2 else -1]
                user = node.claim(f"u{number}-{turn}")
                user.join(f"#r{number}")
                user.said("first", f"#r{number}")
                user.away()
                user = user.resume_at(other)
                user.said(f"second of {turn}", f"#r{number}")
                user.leave(f"#r{number}")
                user.end()
                said[f"#r{number}"] = turn
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=live, args=(number,), name=f"live-{number}") for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(12):
            found = ward.facts()
            assert dict(found.data.wrong) == {}
            verdicts = {each.check: each.verdict for each in examine.judged(found)}
            ours = ("leases", "processes", "subscriptions", "states", "node ids", "clocks", "types", "recovery", "term")
            assert {verdicts[check] for check in ours} == {Verdict.OK}
            assert [finding for finding in ward.fix() if finding.mended] == []
    finally:
        done.set()
        for thread in threads:
            thread.join(30)
    assert failures == []
    for room, turns in said.items():
        assert turns > 0
        assert len(ward.space.kinds(room, "message")) == 2 * turns
        assert len(ward.space.kinds(room, "joined")) == len(ward.space.kinds(room, "left")) == turns


def test_nodes_tell_their_clocks_and_settings_and_differing_ones_are_found(ward: Ward) -> None:
    wait_until(lambda: all(boot.ahead is not None for boot in ward.facts().nodes.boots), what="all have beaten")
    assert all(abs(boot.ahead or 0) < 2 for boot in ward.facts().nodes.boots)
    ward.space.serve("n3", lease=LEASE, grace=9.0)
    wait_until(lambda: len([boot for boot in ward.facts().nodes.boots if boot.settings]) == 3, what="n3 has beaten")
    (told,) = [each for each in examine.judged(ward.facts()) if each.check == "node settings"]
    assert told.verdict is Verdict.BAD
    assert told.seen == "--grace: 5.0 at n1 n2, 9.0 at n3"
    assert ward.facts().term.grace == 9.0
