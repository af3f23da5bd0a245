"""Lines that were made to hurt: huge, deep, doubled, half, of numbers at the edge."""

from __future__ import annotations

from itertools import count

import pytest

from tests.hostile.answers import of
from tests.hostile.crowd import Crowd
from tests.hostile.honest import HonestPair
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from wire.codes import Code
from wire.frames import Accepted, Error, Pong, Quit, Welcome

NUMBERS = count()
MB = 1024 * 1024
GREATEST = 2**53 - 1


def entered(town: Deployment) -> NativeClient:
    client = NativeClient(town.addresses[0], f"liner{next(NUMBERS)}")
    client.enter()
    return client


def test_a_line_without_an_end_costs_no_memory(town: Deployment, undisturbed: HonestPair) -> None:
    node = town.nodes[0]
    before = node.resident()
    with Crowd(town.addresses[0], 20) as crowd:
        for start in (b'{"op":"say","text":"', b"x"):
            for _ in range(8):
                crowd.send(start + b"x" * MB)
        undisturbed.goes_on()

        # 320 MiB were sent.
        assert node.resident() < before + 40 * MB


@pytest.mark.parametrize("bracket", [b"[", b'{"a":', b'{"op":"say","text":[', b'[{"a":'])
def test_deep_json_before_and_after_the_hello(town: Deployment, undisturbed: HonestPair, bracket: bytes) -> None:
    deep = bracket * (60_000 // len(bracket)) + b"\n"
    # Something that is a frame's beginning, so that it is not taken for a nickname.
    with Crowd(town.addresses[0], 20) as crowd:
        crowd.send(b"{" + deep)
        assert all(b"nested too deeply" in one for one in crowd.hear(b"nested too deeply"))
    with entered(town) as client:
        client.send_raw(deep * 5)
        for _ in range(5):
            assert client.expect(Error).code == Code.BAD_FRAME


def test_what_is_no_text_is_answered_and_forgotten(town: Deployment, undisturbed: HonestPair) -> None:
    with entered(town) as client:
        for junk in (b"\xff" * 60_000, b"\0" * 60_000, b"{\xc3", b'{"op":"\xf0\x28\x8c\x28"}', b'{"op":"say\0"}'):
            client.send_raw(junk + b"\n")
            assert client.expect(Error).code in (Code.BAD_ENCODING, Code.BAD_FRAME, Code.UNKNOWN_OP)
        client.say("well again")
        client.expect(Accepted)
    with PlainClient(town.addresses[0], f"liner{next(NUMBERS)}") as client:
        client.wire.send(b"\0" * 60_000 + b"\n\xff\xfe\n\0hi\0\n")
        client.expect("not UTF-8")
        client.expect(": hi")
        client.type("\\q")
        client.expect_end()


def test_a_key_twice_is_the_last_one_or_refused_and_never_two(town: Deployment, undisturbed: HonestPair) -> None:
    with entered(town) as client:
        client.send_raw(b'{"op":"say","n":1,"n":7,"to":"#lobby","to":"#nowhere","text":"one","text":"two"}\n')
        client.send_raw(b'{"op":"ping","op":"quit","id":1,"id":2}\n')
        client.send_raw(b'{"op":"ping","id":3}\n')
        client.expect(Pong, of(id=3))
        client.expect(Error, lambda frame: frame.n is not None)

        answers = [frame for frame in client.frames if isinstance(frame, Error | Pong | Accepted)]
        assert len([frame for frame in answers if frame != Pong()]) == 3, answers


def test_numbers_at_the_edge(town: Deployment, undisturbed: HonestPair) -> None:
    with entered(town) as client:
        for number in (GREATEST + 1, -1, 0, 2**64, 10**300, "1e3", "1.5", "null", '"1"', "[1]", "true", "1e400"):
            client.send_raw(b'{"op":"say","n":%s,"to":"#lobby","text":"x"}\n' % str(number).encode())
            client.send_raw(b'{"op":"ping","id":%s}\n' % str(number).encode())
            client.send_raw(b'{"op":"history","room":"#lobby","before":%s,"limit":1,"id":9}\n' % str(number).encode())
        client.send_raw(b'{"op":"say","n":%d,"to":"#lobby","text":"x"}\n' % GREATEST)
        assert client.expect(Error, of(n=GREATEST)).code == Code.OUT_OF_ORDER
        for number in (0, GREATEST):
            client.send_raw(b'{"op":"ping","id":%d}\n' % number)
            client.expect(Pong, of(id=number))
        client.say("the first that is right")

        assert client.expect(Accepted).n == 1
        client.send(Quit())
        client.expect_end()


def test_a_session_can_not_begin_at_the_greatest_n(town: Deployment, undisturbed: HonestPair) -> None:
    """Whoever says that he knows the outcome of the last n there is has none left, and harms nobody else."""
    with entered(town) as client:
        welcome = client.welcome
        client.crash()
    with NativeClient(town.addresses[1], client.nick) as again:
        again.resume(welcome, {}, n=GREATEST)
        assert again.expect(Welcome).n == GREATEST
        # Whether that one was said, nobody can know; there is none after it.
        again.send_raw(b'{"op":"say","n":%d,"to":"#lobby","text":"x"}\n' % GREATEST)
        again.expect(Accepted)
        again.send_raw(b'{"op":"say","n":%d,"to":"#lobby","text":"x"}\n' % (GREATEST + 1))
        again.expect_error(Code.BAD_FRAME)
        again.send(Quit())
        again.expect_end()
