"""R1: what many say goes to Redis in one run, by a shorter way where it can. It comes to the same as one run for each
without that way, whatever they say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from cluster.calls import Argument, Caller
from cluster.keys import Keys
from cluster.link import Command, Link, Reply
from cluster.merging import MERGED, SAID, Run, runs
from cluster.scripts import load
from cluster.settings import ClusterSettings
from cluster.term import Standing
from tests.contract.recorder import DEADLINE
from tests.contract.space import Backend

ONE, ALL = "{one}:", "{all}:"
EPOCH, FORMER = "now", "before"
TERM = f"run:repl:{EPOCH}"
PEOPLE = ("ann", "bob", "eve")
SPOILT, TURNING = "#spoilt", "#turning"
Say = tuple[str, int, str, str, str, str, tuple[str, int] | None]

SAYS = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from([1, 1, 1, 1, 1, 0, 2, -1, -130]),  # its n, from the next on
    st.sampled_from(["#lobby", "#lobby", "#lobby", "#lobby", "#ops", SPOILT, TURNING, "#nowhere", "@bob", "@nobody"]),
    st.sampled_from(["", "", "", "", "text_too_long"]),  # refused by the node
    st.sampled_from(["claim", "claim", "claim", "claim", "claim", "another"]),
    st.sampled_from(["", "", "s-bob", "s-ann"]),  # the holder that was seen
    st.sampled_from([None, None, None, None, None, (FORMER, 2), (FORMER, 4), (EPOCH, 3)]),  # accepted before
)
COMMON: Say = ("ann", 1, "#lobby", "", "claim", "", None)


def without_the_shorter_way() -> str:
    """The script, as if nothing were usual."""
    text, head = load()[SAID].text, "local function say_in_room(said)\n"
    assert head in text
    return text.replace(head, head + "  if true then return nil end\n")


class Side:
    """The same people and rooms under one prefix, and what came of it."""

    def __init__(self, backend: Backend, prefix: str, *, shorter: bool) -> None:
        self.prefix = prefix
        self.shorter = shorter
        self.admin = backend.admin
        self.link = Link(backend.url, 5.0, "merging")
        self.caller = Caller(Standing(ClusterSettings("n1", backend.url, prefix), "boot", TERM), Keys(prefix))
        self.next = dict.fromkeys(PEOPLE, 0)
        self.heard = self.admin.pubsub(ignore_subscribe_messages=True)

    def __enter__(self) -> Side:
        self.link.open()
        self.caller.load_scripts(self.link)
        self.heard.psubscribe(self.prefix + "*")
        self.heard.get_message(timeout=5)
        self.furnish()
        return self

    def __exit__(self, *_: object) -> None:
        self.heard.close()
        self.link.close()
        self.clear()

    def clear(self) -> None:
        for key in self.admin.keys(self.prefix + "*"):
            self.admin.delete(key)

    def furnish(self) -> None:
        put = self.admin
        put.hset(self.prefix + "term", mapping={"term": TERM, "state": "open"})
        put.zadd(self.prefix + "nodes", {"n1/boot": 2**45})
        for nick in PEOPLE:
            row = {"claim": "claim", "node": "n1/boot", "epoch": EPOCH, "n": 0, "nick": nick}
            put.hset(f"{self.prefix}session:s-{nick}", mapping=row)
            put.set(f"{self.prefix}nick:{nick}", f"s-{nick}")
            for room in ("#lobby", SPOILT, TURNING, *(("#ops",) if nick != "eve" else ())):
                put.hset(f"{self.prefix}room:{room}:members", f"s-{nick}", nick)
        for room in ("#lobby", "#ops", TURNING):
            entry = {"kind": "message", "session": "s-old", "n": 1, "nick": "old", "time": 1, "text": "old"}
            put.xadd(f"{self.prefix}room:{room}:log", entry, id="1-0")
            put.hset(f"{self.prefix}room:{room}:meta", mapping={"epoch": EPOCH, "top": 1})
        put.hset(f"{self.prefix}room:{TURNING}:meta", mapping={"epoch": FORMER, "top": 1})
        put.set(f"{self.prefix}room:{SPOILT}:log", "not what it was")
        put.hset(f"{self.prefix}room:{SPOILT}:meta", mapping={"epoch": EPOCH, "top": 1})

    def arguments(self, at: int, say: Say) -> list[Argument]:
        nick, ahead, to, refusal, claim, holder, again = say
        n = max(1, self.next[nick] + ahead)
        if ahead == 1:
            self.next[nick] = n
        return [
            f"s-{nick}",
            claim,
            n,
            to,
            f"text {at}\nof {nick}",
            holder,
            refusal,
            " ".join(map(str, again or ())),
            "",
        ]

    def say(self, says: list[Say], most: int) -> list[Reply]:
        asked = runs([(SAID, self.arguments(at, say)) for at, say in enumerate(says)], most)
        answers = self.link.run([self.command(run) for run in asked])
        return [plain(each) for run, answer in zip(asked, answers, strict=True) for each in run.replies(answer)]

    def command(self, run: Run) -> Command:
        command = list(run.command(self.caller))
        if not self.shorter:
            command[1] = self.admin.script_load(without_the_shorter_way())
        return command

    def state(self) -> dict[str, Any]:
        """Everything under the prefix, without times."""
        readers = {
            "hash": lambda key: self.admin.hgetall(key),
            "stream": lambda key: self.admin.xrange(key),
            "set": lambda key: self.admin.smembers(key),
            "zset": lambda key: self.admin.zrange(key, 0, -1),
            "string": lambda key: self.admin.get(key),
        }
        keys = sorted(self.admin.keys(self.prefix + "*"))
        return {key.removeprefix(self.prefix): plain(readers[self.admin.type(key)](key)) for key in keys}

    def published(self) -> list[str]:
        self.admin.publish(self.prefix, "end")
        found: list[str] = []
        while True:
            message = self.heard.get_message(timeout=DEADLINE)
            assert message is not None
            if message["data"] == "end":
                return found
            found.append(plain((message["channel"].removeprefix(self.prefix), message["data"])))


def plain(value: object) -> str:
    """Without times and digests, which differ, and the order of a hash's fields, which means nothing."""
    if isinstance(value, Exception):
        value = str(value)
    ordered = sorted(value.items()) if isinstance(value, dict) else value
    words = re.sub(r"\b1\d{12}\b", "<time>", repr(ordered))
    return re.sub(r"f_[0-9a-f]{40}|script: [0-9a-f]{40}|user_script:\s?\d+", "<script>", words)


@pytest.fixture
def sides(backend: Backend) -> tuple[Side, Side]:
    return Side(backend, ONE, shorter=False), Side(backend, ALL, shorter=True)


@example(says=[COMMON] * 5, most=MERGED)
@example(says=[COMMON, ("ann", 0, "#lobby", "", "claim", "", None), COMMON], most=3)
@example(says=[COMMON, ("ann", 1, SPOILT, "", "claim", "", (EPOCH, 3)), COMMON], most=3)
@example(says=[COMMON, ("ann", 1, TURNING, "", "claim", "", None), COMMON], most=MERGED)
@example(says=[COMMON, ("ann", 1, SPOILT, "", "claim", "", None), COMMON], most=MERGED)
@example(says=[COMMON, ("ann", 1, "#lobby", "text_too_long", "claim", "", None), COMMON], most=MERGED)
@example(says=[COMMON, ("eve", 1, "#ops", "", "claim", "", None), ("eve", 1, "#lobby", "", "claim", "", None)], most=3)
@example(
    says=[("bob", 1, "@bob", "", "claim", "", None), COMMON, ("ann", 1, "@bob", "", "claim", "s-ann", None)], most=2
)
@example(says=[COMMON, ("ann", 0, "#lobby", "", "claim", "", (FORMER, 4)), COMMON], most=MERGED)
@given(says=st.lists(SAYS, min_size=1, max_size=12), most=st.sampled_from([2, 3, MERGED]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_in_one_run_are_as_one_after_the_other(sides: tuple[Side, Side], says: list[Say], most: int) -> None:
    one, many = sides
    with one, many:
        assert many.say(says, most) == one.say(says, 1)
        assert many.state() == one.state()
        assert many.published() == one.published()


def test_more_than_a_thousand_keep_the_last_outcomes_only(sides: tuple[Side, Side]) -> None:
    with sides[1] as side:
        side.say([COMMON] * 300, MERGED)
        kept = side.admin.hkeys(f"{ALL}session:s-ann:said")
        assert sorted(map(int, kept)) == list(range(173, 301))


def test_what_one_cannot_write_is_his_own_error(sides: tuple[Side, Side]) -> None:
    bob: Say = ("bob", 1, "#lobby", "", "claim", "", None)
    with sides[1] as side:
        side.admin.set(f"{ALL}session:s-ann:said", "not what it was")
        replies = side.say([bob, COMMON, bob], MERGED)
        assert "WRONGTYPE" in replies[1]
        assert [reply.startswith("[b'ok'") for reply in replies] == [True, False, True]
        assert side.admin.hget(f"{ALL}session:s-bob", "n") == "2"


def test_what_hinders_all_is_an_error_of_the_run(sides: tuple[Side, Side]) -> None:
    """So that it is known for what it is: a full memory, a replica."""
    with sides[1] as side:
        side.admin.delete(f"{ALL}session:s-ann")
        side.admin.set(f"{ALL}session:s-ann", "not what it was")
        (run,) = runs([(SAID, side.arguments(0, COMMON)), (SAID, side.arguments(1, COMMON))])
        (reply,) = side.link.run([run.command(side.caller)])
        assert "WRONGTYPE" in str(reply)
        assert isinstance(reply, Exception)


def test_a_run_heals_one_log_at_most(sides: tuple[Side, Side]) -> None:
    with sides[1] as side:
        for room in ("#lobby", "#ops"):
            side.admin.hset(f"{ALL}room:{room}:meta", "epoch", FORMER)
            side.admin.hset(f"{ALL}room:{room}:known", FORMER, 3)
        says: list[Say] = [("bob", 1, room, "", "claim", "", None) for room in ("#lobby", "#lobby", "#ops")]
        first, second, third = side.say(says, MERGED)
        assert [first[:6], second[:6], third] == ["[b'ok'", "[b'ok'", "[b'later']"]
        side.next["bob"] = 2
        (again,) = side.say(says[2:], MERGED)
        assert again.startswith("[b'ok', b'ok #ops")


def test_different_errors_are_each_his_own_even_if_nothing_was_done(sides: tuple[Side, Side]) -> None:
    with sides[1] as side:
        side.admin.delete(f"{ALL}session:s-ann")
        side.admin.set(f"{ALL}session:s-ann", "not what it was")
        side.admin.xadd(f"{ALL}room:#lobby:log", {"kind": "message"}, id="9-0")
        ann, bob = side.say([COMMON, ("bob", 1, "#lobby", "", "claim", "", None)], MERGED)
        assert "WRONGTYPE" in ann
        assert "WRONGTYPE" not in bob


def test_a_run_is_no_longer_than_it_may_be() -> None:
    words: list[Argument] = ["s", "c", 1, "#lobby", "text", "", "", "", ""]
    asked = runs([(SAID, words)] * 130 + [("join", ["s"])] * 2 + [(SAID, words)])
    caller = Caller(Standing(ClusterSettings("n1", "redis://x"), "b", TERM), Keys("{t}:"))
    sizes = [len(run.replies([b"recover"])) for run in asked]
    assert sizes == [64, 64, 2, 1, 1, 1]
    names = {script.digest: name for name, script in load().items()}
    assert [names[str(run.command(caller)[1])] for run in asked] == [SAID] * 3 + ["join"] * 2 + [SAID]
