"""Registered nicknames on real nodes: whoever speaks the protocol, by hand, with the library, or as an operator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from client.chat import ChatClient
from client.errors import Refused
from client.events import Event, MessageEvent
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.operator import run
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import (
    INBOX,
    Ack,
    Bye,
    Confirm,
    Error,
    Hello,
    Message,
    Quit,
    Receipt,
    Register,
    Registered,
    Welcome,
)

Deploy = Callable[..., Deployment]
SECRET, OTHER = "open sesame", "shut barley"


def ask(address: str, **hello: object) -> Welcome | Error:
    with NativeClient(address) as client:
        client.send(Hello(**hello))  # type: ignore[arg-type]
        answer: Welcome | Error = client.expect_one_of(Welcome, Error)
        return answer


def code(answer: Welcome | Error) -> int:
    assert isinstance(answer, Error), answer
    return answer.code


def test_a_nickname_is_ones_own_by_nc(calm: Deployment) -> None:
    one, two = calm.addresses[:2]
    with PlainClient(one, "nan") as nan:
        nan.type("/register short")
        nan.expect("! a password has 8 to 128 characters")
        nan.type(f"/register {SECRET}")
        nan.expect("* nan is yours")
        nan.type("\\q")
        nan.expect_end()
    with PlainClient(two) as stranger:
        for line in ("nan", "NAN wrong password", "nobody wrong password"):
            stranger.type(line)
            stranger.expect("! ")
            stranger.expect("What is your nickname?")
        stranger.type(f"nan {SECRET}")
        stranger.expect("* welcome, nan")


def test_unknown_and_wrong_are_one_answer(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "rita") as rita:
        rita.enter()
        rita.send(Register(password=SECRET, id=1))
        assert rita.expect(Registered).nick == "rita"
    wrong = ask(calm.addresses[1], nick="rita", password="not that one")
    unknown = ask(calm.addresses[1], nick="unknown", password="not that one")
    assert wrong == unknown
    assert code(wrong) == Code.NOT_ADMITTED


def test_who_is_away_gets_mail_once_and_the_sender_a_receipt(calm: Deployment) -> None:
    one, two = calm.addresses[:2]
    with NativeClient(one, "mia") as mia:
        mia.enter()
        mia.send(Register(password=SECRET, id=1))
        mia.expect(Registered)
        mia.send(Quit())
    with NativeClient(two, "sender") as sender:
        sender.enter()
        wait_until(lambda: "mia" not in calm.presence(), what="away")
        for text in ("first", "second"):
            sender.say(text, "@mia")
        heard: list[Event] = []
        with ChatClient([one], "mia", password=SECRET, on_event=heard.append):
            wait_until(lambda: len(_texts(heard)) == 2, what="the mail")
            assert [sender.expect(Receipt).n for _ in range(2)] == [1, 2]
        with ChatClient([two], "mia", password=SECRET, on_event=heard.append):
            sender.say("third", "@mia")
            wait_until(lambda: len(_texts(heard)) == 3, what="the third")
        assert _texts(heard) == ["first", "second", "third"]
        sender.say("psst", "@nosuchone")
        assert sender.expect(Error).code == Code.NO_SUCH_NICK


def test_what_was_acknowledged_just_before_leaving_does_not_come_again(calm: Deployment) -> None:
    """The cluster hears of acknowledgements twice a second: the end must not overtake the last one."""
    one, two = calm.addresses[:2]
    with NativeClient(one, "finn") as finn, NativeClient(two, "writer") as writer:
        finn.enter()
        writer.enter()
        finn.send(Register(password=SECRET, id=1))
        finn.expect(Registered)
        for text in ("first", "second"):
            writer.say(text, "@finn")
            letter = finn.expect(Message)
            assert letter.text == text
            finn.send(Ack(cursors={INBOX: (letter.epoch, letter.offset)}))
        finn.send(Quit())
        finn.expect(Bye)
        with ChatClient([two], "finn", password=SECRET) as again:
            assert _first_letter(again, writer, "finn") == "third"


def test_what_a_plain_owner_was_shown_does_not_come_again(calm: Deployment) -> None:
    one, two = calm.addresses[:2]
    with NativeClient(two, "writer2") as writer, PlainClient(one, "nina") as nina:
        writer.enter()
        nina.type(f"/register {SECRET}")
        nina.expect("* nina is yours")
        for text in ("first", "second"):
            writer.say(text, "@nina")
            nina.expect(text)
        nina.type("\\q")
        nina.expect_end()
        with ChatClient([two], "nina", password=SECRET) as again:
            assert _first_letter(again, writer, "nina") == "third"


def _first_letter(again: ChatClient, writer: NativeClient, nick: str) -> str:
    writer.say("third", f"@{nick}")
    return next(event.text for event in again if isinstance(event, MessageEvent) and event.private)


def _texts(events: list[Event]) -> list[str]:
    return [event.text for event in list(events) if isinstance(event, MessageEvent) and not event.history]


def test_the_owner_takes_over_and_the_other_client_stays_away(calm: Deployment) -> None:
    one, two = calm.addresses[:2]
    with ExitStack() as stack:
        first = stack.enter_context(ChatClient([one], "olga"))
        first.register(SECRET).wait(10)
        first.join("#olgas").wait(10)
        second = stack.enter_context(ChatClient([two], "olga", password=SECRET))
        wait_until(lambda: first.error is not None, what="told")
        assert isinstance(first.error, Refused)
        assert first.error.code == Code.TAKEN_OVER
        assert second.say("mine", "#olgas").wait(10).log == "#olgas"  # in the rooms of the session before


def test_tokens_are_replaced_and_an_old_one_is_noticed(calm: Deployment) -> None:
    one, two = calm.addresses[:2]
    with NativeClient(one, "tina") as tina, NativeClient(two) as later:
        first = tina.enter()
        later.send(Hello(session=first.session, token=first.token, cursors=first.logs, rotate=True))
        second = later.expect(Welcome)
        assert second.token not in (None, first.token)
        later.send(Confirm(token=second.token or ""))
        row = f"session:{first.session}"
        wait_until(lambda: calm.client().hget(f"{{hydrachat}}:{row}", "open") == "", what="confirmed")
        # From another address than the session's own.
        with NativeClient(one, source="127.0.0.9") as thief:
            thief.send(Hello(session=first.session, token=first.token))
            assert thief.expect(Error).code == Code.TOKEN_SPENT
        assert later.expect(Error).code == Code.TOKEN_SPENT
        later.say("still here")
        assert later.expect(Message, lambda frame: frame.text == "still here").session == first.session


def test_a_look_alike_is_refused_with_a_proposal(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "vic1") as vic:
        vic.enter()
        answer = ask(calm.addresses[1], nick="vicl")
        assert code(answer) == Code.LOOKS_ALIKE
        assert isinstance(answer, Error)
        assert isinstance(ask(calm.addresses[1], nick=answer.suggestion), Welcome)


def test_an_operator_lets_people_in(deploy: Deploy, tmp_path: Path) -> None:
    cluster = deploy(flags=["--access", "registered"])
    node = cluster.addresses[0]
    assert code(ask(node, nick="ann")) == Code.NOT_ADMITTED
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    assert run(cluster, "register", "Ann", "--password-file", str(secret)) == (0, "Ann is registered\n")
    assert isinstance(ask(node, nick="ann", password=SECRET), Welcome)
    with pytest.raises(Refused) as caught:
        ChatClient([node], "ann", password=OTHER).start()
    assert caught.value.code == Code.NOT_ADMITTED
    secret.write_text(OTHER)
    assert run(cluster, "register", "ann", "--password-file", str(secret)) == (0, "ann has another password\n")
    assert isinstance(ask(node, nick="ann", password=OTHER), Welcome)
    secret.write_text("short")
    result, said = run(cluster, "register", "bob", "--password-file", str(secret))
    assert (result, "8 to 128" in said, "short" in said.replace("shortest", "")) == (2, True, False)
    listed = run(cluster, "accounts")[1].split()
    assert "ann" in listed
    assert run(cluster, "unregister", "an")[1].strip().endswith("near it: ann")
    assert run(cluster, "unregister", "ann") == (0, "ann is not registered any more\n")
    assert code(ask(node, nick="ann", password=OTHER)) == Code.NOT_ADMITTED


def test_one_password_for_all(deploy: Deploy, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    cluster = deploy(flags=["--access", "password", "--access-password-file", str(secret)])
    node = cluster.addresses[0]
    assert code(ask(node, nick="ann")) == Code.NOT_ADMITTED
    assert code(ask(node, nick="ann", password=OTHER)) == Code.NOT_ADMITTED
    with ChatClient([node], "ann", password=SECRET) as ann:
        ann.register(OTHER).wait(10)
    assert code(ask(node, nick="ann", password=SECRET)) == Code.NOT_ADMITTED
    assert isinstance(ask(node, nick="ann", password=OTHER), Welcome)


def test_no_password_is_in_a_log_nor_in_redis(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, flags=["--log-level", "debug"])
    node = cluster.addresses[0]
    with PlainClient(node, "nan") as nan:
        for line in (
            f"/register {SECRET}",
            f"/regster {OTHER}",
            f"/unregister {OTHER}",
            f"/register {SECRET} => {SECRET} again",
        ):
            nan.type(line)
            nan.expect("! " if "register " + SECRET not in line else "* nan is yours")
    ask(node, nick="nan", password=OTHER)
    ask(node, nick="nan", password=SECRET + " again")
    with NativeClient(node) as client:
        client.send_raw(b'{"op":"hello","nick":"nan","password":["%s"]}\n' % SECRET.encode())
        client.expect(Error)
    noted = cluster.report()
    assert "wrong_password" in noted
    assert SECRET not in noted
    assert OTHER not in noted
    redis = cluster.client()
    values = [str(redis.hgetall(key)) for key in redis.keys("*") if redis.type(key) == "hash"]
    assert "argon2id$v=19$m=19456,t=2,p=1$" in str(values)
    assert not any(SECRET in value for value in values)
