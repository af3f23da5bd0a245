"""What nobody else may learn: texts, secrets, addresses."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from tests.blackbox.conftest import Deploy
from tests.hostile import memory
from tests.hostile.answers import of
from tests.hostile.honest import HonestPair
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.proxy import Proxy
from tests.support.tcp import Wire, until
from wire.frames import Accepted, Join, Joined, Ping, Pong, Quit, Who, Whois

SECRET = "xyzzy-plugh"
FAR = "127.0.0.77"


class Recording(Proxy):
    """The way between one node and Redis, and all that went along it."""

    def __init__(self, target: int) -> None:
        self.heard = bytearray()
        super().__init__(target)

    def pass_on(self, pipe: object, data: bytes, is_reply: bool) -> bytes:
        self.heard += data
        return super().pass_on(pipe, data, is_reply)  # type: ignore[arg-type]


def test_a_direct_message_reaches_only_nodes_that_serve_one_of_the_two(deploy: Deploy) -> None:
    """A third node sees nothing of it: not on its way from Redis, not in its memory, not in its log."""
    cluster = deploy(start=False)
    cluster.redis.start()
    debug = ["--log-level", "debug"]
    with ExitStack() as stack:
        ways = []
        for number in (1, 2, 3):
            ways.append(Recording(cluster.redis.port))
            stack.callback(ways[-1].close)
            cluster.nodes[number - 1 :] = [cluster.make_node(f"n{number}", ways[-1].url, debug)]
        stack.callback(cluster.discard)  # before the ways to Redis close
        cluster.start_nodes()
        people = zip(cluster.nodes, ("ana", "ben", "carl"), strict=True)
        ana, ben, carl = (stack.enter_context(NativeClient(node.address, name)) for node, name in people)
        for client in (ana, ben, carl):
            client.enter()
        texts = [f"{SECRET} {os.urandom(8).hex()}" for _ in range(3)]
        for client, to, hearer, text in ((ana, "@ben", ben, texts[0]), (ben, "@ana", ana, texts[1])):
            client.say(text, to)
            client.expect(Accepted)
            hearer.expect_text(text)
        for client in (ana, ben):
            client.send(Join(room="#two"))
            client.expect(Joined, of(log="#two"))
        ana.say(texts[2], "#two")
        ben.expect_text(texts[2])
        # What is said later on the same way has come: so had what was said before.
        ana.say("to all")
        carl.expect_text("to all")

        for word in map(str.encode, texts):
            seen = [word in bytes(way.heard) for way in ways]
            assert seen == [True, True, False], f"{seen}: which nodes saw {word!r}"
            assert not memory.holds(cluster.nodes[2].pid, word)
        assert memory.holds(cluster.nodes[1].pid, texts[0].encode()), "what is there would be found"
        for node in cluster.nodes:
            assert SECRET.encode() not in node.output.read_bytes()


def test_nobody_is_told_an_address(town: Deployment, undisturbed: HonestPair) -> None:
    """Whatever is asked of somebody, and whatever he does."""
    town.wait_for_reaping()  # else, as the first test of all, it would wait for that longer than for the grace
    with (
        NativeClient(town.addresses[0], "faraway", source=FAR) as far,
        NativeClient(town.addresses[1], "asking") as asking,
        PlainClient(town.addresses[1], "typing") as typing,
    ):
        far.enter()
        asking.enter()
        for request in (Who(id=1), Who(room="#lobby", id=1), Whois(nick="faraway", id=1)):
            asking.send(request)
        for line in ("/who", "/who #lobby", "/whois faraway", "/rooms"):
            typing.type(line)
        asking.send(Ping(id=9))
        asking.expect(Pong, of(id=9))
        far.say("hello", "@asking")
        asking.expect_text("hello")
        far.crash()
        typing.expect("faraway left")
        asking.send(Quit())
        asking.expect_end()
        typing.type("\\q")
        typing.expect_end()
        told = repr(asking.frames) + typing.heard.decode()
    assert "faraway is here" in told
    assert "WhoisAnswer(nick='faraway'" in told
    assert FAR not in told


LINES = [
    '{"op":"hello","nick":"%(nick)s","password":"%(secret)s"}',
    '{"op":"hello","nick":"%(nick)s","password":["%(secret)s"]}',
    '{"op":"hello","nick":7,"password":"%(secret)s"}',
    '{"op":"hello","session":"s","token":"%(secret)s-of-22-or-more-letters"}',
    '{"op":"hello","session":"s","token":"%(long)s"}',
    '{"op":"hello","nick":"%(nick)s","token":"%(secret)s"}',
    '{"op":"hello","nick":"%(nick)s","password":"%(secret)s',
    '{"op":"hello","nick":"%(nick)s","password":"%(secret)s\ud800"}',
    '{"op":"hello","nick":"%(nick)s","protocol":"%(secret)s"}',
    '{"op":"hello","nick":"%(nick)s","protocol":[1,1],"cursors":{"%(secret)s":["%(secret)s","%(secret)s"]}}',
    '{"op":"hello","nick":"%(nick)s"}',
    '{"op":"register","password":"%(secret)s","id":1}',
    '{"op":"register","password":{"%(secret)s":1},"id":1}',
    '{"op":"register","password":"%(long)s","id":1}',
    '{"op":"unregister","password":"%(secret)s","id":1}',
    '{"op":"join","room":"#keyed","key":"%(secret)s","id":2}',
    '{"op":"join","room":"#keyed","key":["%(secret)s"],"id":2}',
    '{"op":"join","room":7,"key":"%(secret)s","id":2}',
    '{"op":"guard","room":"#keyed","key":"%(secret)s","id":3}',
    '{"op":"guard","room":"#nowhere","key":"%(secret)s","id":3}',
    '{"op":"guard","room":"#keyed","key":"%(secret)s"',
    '{"op":"say","n":1,"to":"#lobby","text":["%(secret)s"]}',
    '{"op":"say","n":"%(secret)s","to":"#lobby","text":"x"}',
    '{"op":"ack","cursors":{"@":["%(secret)s","%(secret)s"]}}',
    '{"op":"ack","cursors":{"%(secret)s":["%(secret)s",1]}}',
    '{"password":"%(secret)s"}',
]
TYPED = [
    "%(nick)s %(secret)s",
    "%(nick)s",
    "/register %(secret)s",
    "/register %(long)s",
    "/REGISTER %(secret)s",
    "/unregister %(secret)s",
    "/join #keyed %(secret)s",
    "/guard #keyed %(secret)s",
    "/key #keyed %(secret)s",
]


@pytest.mark.parametrize("style", ["json", "human"])
def test_no_secret_is_logged_or_told_back(town: Deployment, undisturbed: HonestPair, style: str) -> None:
    """Passwords, keys and tokens, in right frames and in all that is refused, at the most talkative level."""
    node = town.make_node(f"s{style}", flags=["--log-format", style, "--log-level", "debug"])
    nick = f"secret{style}"
    words = {"secret": SECRET, "long": SECRET * 2000, "nick": nick}
    told = b""
    try:
        node.start()
        node.wait_ready()
        for lines, bye in ((LINES, '{"op":"quit"}'), (TYPED, "\\q")):
            # One connection for all of it, and one for each beginning.
            for part in (lines, *([line, bye] for line in lines)):
                told += _answers(node.address, [line % words for line in (*part, bye)])
    finally:
        node.terminate()
        node.discard()
    log = node.output.read_bytes()
    assert nick.encode() in log
    assert b"1000" in told
    assert SECRET.encode() not in log, next(line for line in log.splitlines() if SECRET.encode() in line)
    assert SECRET.encode() not in told, next(line for line in told.splitlines() if SECRET.encode() in line)


def _answers(address: str, lines: list[str]) -> bytes:
    wire, heard = Wire(address), []

    def read(deadline: float) -> bool:
        heard.append(wire.read(deadline))
        return bool(heard[-1])

    wire.send("\n".join(lines).encode("utf-8", "surrogatepass") + b"\n")
    wire.half_close()
    until(lambda: wire.ended, read, 20)
    wire.close()
    return b"".join(heard)


def test_before_the_hello_nothing_is_told_of_the_cluster(town: Deployment, undisturbed: HonestPair) -> None:
    """Who is not in learns no name, no room, no node: only what is wrong with what he sent."""
    asked = ("ping", "who", "rooms", "whois", "history", "topic", "quit")
    lines = [f'{{"op":"{op}","room":"#lobby","nick":"{undisturbed.one.nick}","id":1}}' for op in asked]
    told = _answers(town.addresses[0], lines) + _answers(town.addresses[0], ["/who", "/help", "\\q"])

    assert told.count(b"say hello first") == len(asked) - 1
    known = (undisturbed.one.nick, undisturbed.room, "n1", "n2", *town.addresses)
    assert not [word for word in known if word.encode() in told], told
