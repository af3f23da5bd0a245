"""Two people on two nodes, in public and in private, and what an operator sees of them."""

from __future__ import annotations

import json
import subprocess
import sys

from drill.workload.texts import PHRASES
from tests.support.deployment import PREFIX, Deployment
from tests.support.native import NativeClient
from tests.support.processes import environment
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Ack, Join, Joined, Leave, Left, Members, Message, Quit, Receipt, Say, Welcome, Who


def test_what_one_says_both_see_in_one_order(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "ana") as ana, NativeClient(calm.addresses[1], "ben") as ben:
        ana.enter()
        ben.enter()
        ana.expect(Joined, lambda frame: frame.nick == "ben")

        for phrase in PHRASES:
            ana.say(phrase)
            ben.say(phrase[::-1].strip() or phrase)
        wanted = 2 * len(PHRASES)
        for person in (ana, ben):
            for _ in range(wanted):
                person.expect(Message)
        heard = [[f for f in person.frames if isinstance(f, Message)] for person in (ana, ben)]

        assert [(m.offset, m.nick, m.text) for m in heard[0]] == [(m.offset, m.nick, m.text) for m in heard[1]]
        assert [m.text for m in heard[1] if m.nick == "ana"] == list(PHRASES)
        assert sorted(m.offset for m in heard[0]) == [m.offset for m in heard[0]]
        ben.send(Quit())
        assert ana.expect(Left, lambda frame: frame.nick == "ben").reason == "quit"


def test_a_direct_message_reaches_one_person_and_comes_back_as_received(calm: Deployment) -> None:
    with (
        NativeClient(calm.addresses[0], "Zoë") as zoe,
        NativeClient(calm.addresses[1], "дима") as dima,
        NativeClient(calm.addresses[1], "third") as third,
    ):
        for person in (zoe, dima, third):
            person.enter()

        zoe.say("только тебе 🤫", "@Дима")
        accepted = zoe.expect(Accepted)
        message = dima.expect_text("только тебе 🤫")
        dima.send(Ack(cursors={"@": (message.epoch, message.offset)}))
        receipt = zoe.expect(Receipt)

        assert accepted.log.lower().startswith("@")
        assert (message.log, message.nick) == ("@", "Zoë")
        assert (receipt.n, receipt.nick, receipt.state) == (1, "дима", "received")
        zoe.say("to all")
        third.expect_text("to all")
        assert not [f for f in third.frames if isinstance(f, Message) and f.log == "@"]


def test_nobody_of_that_name_is_an_answer_not_silence(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "lonely") as lonely:
        lonely.enter()
        lonely.say("are you there?", "@nobody")

        assert lonely.expect_error(Code.NO_SUCH_NICK).n == 1


def test_the_operator_sees_who_is_where(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "ida") as ida, NativeClient(calm.addresses[1], "jon") as jon:
        ida.enter()
        jon.enter()

        assert _redis_cli(calm, "HGET", f"{PREFIX}presence", "ida") == "n1 here"
        assert _redis_cli(calm, "HGETALL", f"{PREFIX}presence").split("\n").count("n2 here") >= 1
        assert {"ida": "n1", "jon": "n2"}.items() <= {
            row["nick"]: row["node"] for row in _operator(calm, "who")
        }.items()
        assert {row["node"] for row in _operator(calm, "nodes")} == {"n1", "n2"}
        assert "#lobby" in {row["room"] for row in _operator(calm, "rooms")}
        ida.send(Quit())
        ida.expect_end()
        wait_until(lambda: "ida" not in calm.presence(), what="ida is gone")


def test_everybody_on_line_is_told_from_any_node(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "kim") as kim, NativeClient(calm.addresses[1], "lea") as lea:
        kim.enter()
        lea.enter()
        kim.send(Who(id=7))
        rows = {row.nick: row.node for row in kim.expect(Members, lambda frame: frame.id == 7).members}

        assert {"kim": "n1", "lea": "n2"}.items() <= rows.items()


def test_64_at_once_are_consumed_in_order(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "max") as fast, NativeClient(calm.addresses[1], "eva") as eva:
        eva.enter()
        fast.enter()
        for n in range(1, 65):
            fast.send(Say(n=n, to="#lobby", text=f"burst {n}"))

        assert [fast.expect(Accepted).n for _ in range(64)] == list(range(1, 65))
        heard = [eva.expect(Message, lambda frame: frame.nick == "max").text for _ in range(64)]
        assert heard == [f"burst {n}" for n in range(1, 65)]


def test_what_is_said_again_after_a_crash_is_not_heard_again(calm: Deployment) -> None:
    with NativeClient(calm.addresses[1], "hears") as hears, NativeClient(calm.addresses[1], "again") as back:
        hears.enter()
        with NativeClient(calm.addresses[0], "again") as again:
            welcome = again.enter()
            again.say("once")
            first = hears.expect_text("once")
        back.resume(welcome, dict(welcome.logs))
        assert back.expect(Welcome).n == 1
        back.say("once")
        back.say("twice")

        assert back.expect(Accepted, lambda frame: frame.n == 1).offset == first.offset
        back.expect(Accepted, lambda frame: frame.n == 2)
        hears.expect_text("twice")
        said = [f.text for f in hears.frames if isinstance(f, Message) and f.session == welcome.session]
        assert said == ["once", "twice"]
        back.send(Quit())
        back.expect_end()


def test_a_leave_whose_answer_was_lost_loses_nothing_that_was_said_before(calm: Deployment) -> None:
    with NativeClient(calm.addresses[1], "stays") as stays, NativeClient(calm.addresses[1], "goes") as back:
        stays.enter()
        with NativeClient(calm.addresses[0], "goes") as goes:
            welcome = goes.enter()
            goes.send(Join(room="#exit", id=1))
            joined = goes.expect(Joined, lambda frame: frame.id == 1)
            stays.send(Join(room="#exit", id=1))
            stays.expect(Joined, lambda frame: frame.id == 1)
            stays.say("before you go", "#exit")
            stays.expect_text("before you go")
            goes.send(Leave(room="#exit", id=2))
            left = stays.expect(Left, lambda frame: frame.log == "#exit")
        stays.say("too late", "#exit")
        stays.expect_text("too late")
        # What its connection had brought by then is as if it had not: the cursor is that of the joining.
        back.resume(welcome, {**welcome.logs, "#exit": (joined.epoch, joined.offset)})
        assert back.expect(Welcome).logs["#exit"] == (left.epoch, left.offset)
        back.expect_text("before you go")
        assert back.expect(Left, lambda frame: frame.log == "#exit").offset == left.offset
        back.send(Quit())
        back.expect_end()
        assert "too late" not in [frame.text for frame in back.frames if isinstance(frame, Message)]
        stays.send(Quit())
        stays.expect_end()


def _redis_cli(deployment: Deployment, *words: str) -> str:
    return _run("redis-cli", "--redis", deployment.redis.url, *words).strip()


def _operator(deployment: Deployment, what: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(_run(what, "--redis", deployment.redis.url, "--json"))
    return rows


def _run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cluster", *words], env=environment(), capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
