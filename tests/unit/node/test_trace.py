"""The debug log: a message's way through two nodes, by its ids and without its text. And what errors tell."""

from __future__ import annotations

import io
import json

import pytest
from redis.exceptions import ResponseError

from cluster.mapping import reply_error
from node import faults
from node.logs import open_log
from tests.unit.node.support import Native, log_of, pair, plain, running
from tests.unit.node.waiting import wait_for
from wire.frames import Accepted, Error, Hello, Message, Say, Welcome

SECRET = "xyzzy-"


def test_a_message_can_be_followed_by_its_ids() -> None:
    _, one, two = pair()
    with (
        running(one, log_level="debug") as n1, running(two, log_level="debug") as n2,
        Native(n1) as ana, plain(n2, "bob") as bob, plain(n2, "eve") as eve,
    ):  # fmt: skip
        welcome = ana.enter("ana")
        ana.say(Say(n=1, to="#lobby", text="hello"))
        ana.expect(Message)
        for person in (bob, eve):
            person.lines_until("hello")  # from now on there is nothing to catch up with
        ana.say(Say(n=2, to="#lobby", text=f"{SECRET}room"))
        accepted = ana.expect(Accepted, lambda answer: answer.n == 2)
        bob.lines_until(f"{SECRET}room")
        ana.say(Say(n=3, to="@nobody", text=f"{SECRET}nobody"))
        ana.expect(Error)
        ana.say(Say(n=4, to="@bob", text=f"{SECRET}private"))
        bob.lines_until(f"{SECRET}private")
    here, there = log_of(n1), log_of(n2)

    (said,) = [line for line in here if line["event"] == "said" and line["n"] == 2]
    assert (said["session"], said["log"], said["level"]) == (welcome.session, "#lobby", "debug")
    assert (said["epoch"], said["offset"]) == (accepted.epoch, accepted.offset)
    for log, clients in ((here, 1), (there, 2)):
        (line,) = [each for each in log if each["event"] == "delivered" and each["offset"] == said["offset"]
                   and each["log"] == "#lobby"]  # fmt: skip
        assert (line["session"], line["n"], line["clients"]) == (welcome.session, 2, clients)
    (refused,) = [line for line in here if line["event"] == "refused"]
    assert (refused["session"], refused["n"], refused["reason"]) == (welcome.session, 3, "no_such_nick")
    (private,) = [line for line in there if line["event"] == "delivered" and line["n"] == 4]
    assert private["log"].startswith("@")
    assert SECRET not in json.dumps([*here, *there])


def test_who_was_away_is_seen_to_catch_up() -> None:
    _, one, two = pair()
    with running(one, log_level="debug") as n1, running(two) as n2, Native(n1) as ana, plain(n2, "bob") as bob:
        welcome = ana.enter("ana")
        ana.sock.close()
        wait_for(lambda: any(session.away_since for session in n1.house.registry.all()))
        bob.put("one\ntwo\n")
        bob.lines_until("bob: two")
        with Native(n1) as again:
            again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
            again.expect(Welcome)
            last = again.expect(Message, lambda message: message.text == "two")
    lines = [line for line in log_of(n1) if line["event"] == "caught_up" and line["log"] == "#lobby"]
    assert {line["session"] for line in lines} == {welcome.session}
    assert lines[-1]["last"] == last.offset


def test_nothing_of_it_without_debug() -> None:
    _, one, _ = pair()
    with running(one) as n1, Native(n1) as ana:
        ana.enter("ana")
        ana.say(Say(n=1, to="#lobby", text="hello"))
        ana.expect(Message, lambda message: message.n == 1)
        assert n1.house.trace is None
    assert {line["level"] for line in log_of(n1)} == {"info"}


def test_an_error_in_a_verb_is_traced_without_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    _, one, _ = pair()
    with running(one) as n1, Native(n1) as ana:
        ana.enter("ana")

        def fail(*arguments: object, **_: object) -> None:
            raise KeyError(arguments[4])

        monkeypatch.setattr(one, "publish", fail)
        ana.say(Say(n=1, to="#lobby", text=f"{SECRET}text"))
        ana.frames_to_end()
    (line,) = [line for line in log_of(n1) if line["event"] == "error"]
    assert "KeyError" in line["traceback"]
    assert "say.py" in line["traceback"]
    assert SECRET not in json.dumps(line)


def test_causes_are_traced_as_well() -> None:
    stream = io.StringIO()
    try:
        try:
            raise KeyError(f"{SECRET}inner")  # noqa: TRY301 - what is tested is that one leads to the other
        except KeyError as inner:
            raise ValueError(f"{SECRET}outer") from inner
    except ValueError:
        open_log("n1", "json", stream).exception("error")
    trace = json.loads(stream.getvalue())["traceback"]
    assert trace.index("KeyError") < trace.index("which led to") < trace.index("ValueError")
    assert SECRET not in trace


def test_what_an_error_tells() -> None:
    assert faults.told(OSError(98, "Address already in use")) == "OSError: [Errno 98] Address already in use"
    assert faults.told(AssertionError()) == "AssertionError"
    quoting = ResponseError(f"unknown command 'EVALSHA', with args beginning with: '{SECRET}'")
    assert faults.told(reply_error(quoting)) == "ClusterError: Redis failed: unknown command 'EVALSHA'"
    assert SECRET not in faults.told(quoting)
    assert SECRET not in faults.told(UnicodeEncodeError("ascii", SECRET, 0, 1, SECRET))
