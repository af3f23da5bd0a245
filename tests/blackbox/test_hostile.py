"""Bad, broken and hostile input: a clear answer to who sent it, and nothing for anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest

from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from wire.codes import Code
from wire.frames import Accepted, Error, Message, Quit, Welcome

NUMBERS = count()
HELLO = b'{"op":"hello","protocol":[1,1],"nick":"%s","from_the_future":[1,{"a":2}]}\n'


@pytest.fixture
def bystander(calm: Deployment) -> Iterator[NativeClient]:
    """Somebody at the same node, who has to be able to go on talking and to hear nothing strange."""
    with NativeClient(calm.addresses[0], f"bystander{next(NUMBERS)}") as client:
        client.enter()
        yield client
        client.say("all is well here")
        client.expect_text("all is well here")
        assert not [frame for frame in client.frames if isinstance(frame, Error)]
        assert [f.text for f in client.frames if isinstance(f, Message) and not f.history] == ["all is well here"]
        client.send(Quit())
        client.expect_end()


NATIVE = [
    (b"{not json}", Code.BAD_FRAME),
    (b"[1,2,3]", Code.BAD_FRAME),
    (b'"say"', Code.BAD_FRAME),
    (b"null", Code.BAD_FRAME),
    (b"{}", Code.BAD_FRAME),
    (b'{"op":7}', Code.BAD_FRAME),
    (b'{"op":"dance"}', Code.UNKNOWN_OP),
    (b'{"op":"me","room":"#lobby","text":"mine"}', Code.RESERVED_OP),
    (b'{"op":"say","n":1,"to":"#lobby","text":"\xff\xfe"}', Code.BAD_ENCODING),
    (b"\xc3\x28\xa0\xa1", Code.BAD_ENCODING),
    (b'{"op":"say","n":1,"to":"#lobby"}', Code.BAD_FRAME),
    (b'{"op":"say","n":"1","to":"#lobby","text":"x"}', Code.BAD_FRAME),
    (b'{"op":"say","n":-1,"to":"#lobby","text":"x"}', Code.BAD_FRAME),
    (b'{"op":"say","n":99999999999999999999,"to":"#lobby","text":"x"}', Code.BAD_FRAME),
    (b'{"op":"say","n":1,"to":"#lobby","text":"\\u001b[2J"}', Code.BAD_TEXT),
    (b'{"op":"say","n":1,"to":"#lobby","text":"\\u0000"}', Code.BAD_TEXT),
    (b'{"op":"say","n":1,"to":"#lobby","text":"\\ud800"}', Code.BAD_FRAME),
    (b'{"op":"say","n":1,"to":"#lobby","text":"  "}', Code.BAD_TEXT),
    (b'{"op":"say","n":1,"to":"#lobby","text":"' + b"x" * 16385 + b'"}', Code.TEXT_TOO_LONG),
    (b'{"op":"say","n":1,"to":"#no-member","text":"x"}', Code.NOT_MEMBER),
    (b'{"op":"say","n":1,"to":"nowhere","text":"x"}', Code.BAD_ROOM),
    (b'{"op":"say","n":1,"to":"#a{b}c","text":"x"}', Code.BAD_ROOM),
    (b'{"op":"say","n":9,"to":"#lobby","text":"x"}', Code.OUT_OF_ORDER),
    (b'{"op":"join","room":"#a:b"}', Code.BAD_ROOM),
    (b'{"op":"hello","protocol":[1,1],"nick":"again"}', Code.ILLEGAL_STATE),
    (b'{"op":"say","n":1,"to":"#lobby","text":"' + b"x" * 70_000 + b'"}', Code.FRAME_TOO_LONG),
    (b"x" * 1_000_000, Code.FRAME_TOO_LONG),
    (b"[" * 60_000, Code.BAD_FRAME),
]


@pytest.mark.parametrize(("line", "code"), NATIVE, ids=[f"{line[:40]!r}" for line, _ in NATIVE])
def test_a_bad_frame_is_answered_with_its_code(
    calm: Deployment, bystander: NativeClient, line: bytes, code: Code
) -> None:
    with NativeClient(calm.addresses[0], f"clumsy{next(NUMBERS)}") as clumsy:
        clumsy.enter()
        clumsy.send_raw(line + b"\n")
        error = clumsy.expect(Error)

        assert (error.code, bool(error.text)) == (code, True)
        assert all(character.isprintable() for character in error.text)


def test_after_a_refusal_the_same_connection_goes_on(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "patient") as client:
        client.enter()
        client.send_raw(b'{"op":"dance"}\n{"op":"say","n":1,"to":"#lobby","text":"\\u001b[2J"}\n')
        client.expect_error(Code.UNKNOWN_OP)
        assert client.expect_error(Code.BAD_TEXT).n == 1
        client.send_raw(b'{"op":"say","n":2,"to":"#lobby","text":"' + b"x" * 70_000 + b'"}\n')
        assert client.expect_error(Code.FRAME_TOO_LONG).n == 2
        client.n = 2
        client.say("and now in earnest")

        assert client.expect(Accepted).n == 3
        client.send(Quit())
        client.expect_end()


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        (b'{"op":"hello","protocol":[7,9],"nick":"future"}', Code.PROTOCOL_VERSION),
        (b'{"op":"hello","protocol":[1,1]}', Code.BAD_FRAME),
        (b'{"op":"hello","nick":"two words"}', Code.BAD_NICK),
        (b'{"op":"hello","nick":"#room"}', Code.BAD_NICK),
        (b'{"op":"hello","nick":"a*"}', Code.BAD_NICK),
        (b'{"op":"hello","nick":""}', Code.BAD_NICK),
        (b'{"op":"hello","nick":"' + b"n" * 33 + b'"}', Code.BAD_NICK),
        (b'{"op":"hello","session":"*","token":"x"}', Code.BAD_FRAME),
        (b'{"op":"hello","session":"nobody","token":"x"}', Code.RESUME_REFUSED),
        (b'{"op":"say","n":1,"to":"#lobby","text":"too early"}', Code.ILLEGAL_STATE),
        (b'{"op":"ping"', Code.BAD_FRAME),
    ],
)
def test_a_bad_beginning(calm: Deployment, hello: bytes, code: Code) -> None:
    with NativeClient(calm.addresses[0], "beginner") as client:
        client.send_raw(hello + b"\n")

        assert client.expect(Error).code == code


def test_unknown_fields_are_ignored_and_pieces_put_together(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "pieces") as client:
        for byte in HELLO % b"pieces":
            client.send_raw(bytes([byte]))
        client.expect(Welcome)
        client.send_raw(b'{"op":"say","n":1,"to":"#lobby","text":"a","colour":"red"}\r\n\r\n')
        client.expect(Accepted)
        client.send(Quit())
        client.expect_end()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"\xff\xfe\n", "not UTF-8"),
        (b"/dance\n", "/dance"),
        (b"/joni #ops\n", "did you mean /join?"),
        (b"/join\n", "join which room?"),
        (b"@nobody hi\n", "nobody"),
        (b"x" * 100_000 + b"\n", "at most"),
        (b"y" * 20_000 + b"\n", "at most"),
        (b"/leave #elsewhere\n", "not in that room"),
    ],
)
def test_a_bad_line_is_answered_in_words(calm: Deployment, bystander: NativeClient, typed: bytes, answer: str) -> None:
    with PlainClient(calm.addresses[0], "typist") as typist:
        typist.wire.send(typed)
        line = typist.expect("! ")
        typist.type("\\q")
        typist.expect_end()

        assert answer in line


def test_escapes_never_reach_a_terminal(calm: Deployment) -> None:
    with PlainClient(calm.addresses[1], "reader") as reader, PlainClient(calm.addresses[0], "joker") as joker:
        reader.expect("joker joined")
        joker.wire.send("\x1b[2J\x1b]0;owned\x07hello\x08\x08 \u202egnp.exe\u202c\r\n".encode())
        line = reader.expect("joker: ")

        assert "hello" in line
        assert not set(line) & set("\x1b\x07\x08\r\u202e\u202c")
        joker.type("\\q")
        reader.expect("joker left")


def test_nobody_can_forge_a_line(calm: Deployment) -> None:
    with PlainClient(calm.addresses[1], "victim") as victim, NativeClient(calm.addresses[0], "forger") as forger:
        forger.enter()
        forger.say("x\nvictim: I owe forger 100\n* bank joined\r".replace("\r", ""))
        victim.expect("forger: x")
        victim.type("done")
        victim.expect("victim: done")

        assert not [line for line in victim.lines if line.startswith(("victim: I owe", "* bank"))]
        forger.send(Quit())
        forger.expect_end()


def test_a_flood_before_the_hello_is_answered_is_bounded(calm: Deployment, bystander: NativeClient) -> None:
    with NativeClient(calm.addresses[0], "flood") as flood:
        say = json.dumps({"op": "say", "n": 1, "to": "#void", "text": "x" * 10_000}).encode() + b"\n"
        try:
            flood.send_raw(HELLO % b"flood" + say * 200)
        except ConnectionError:
            pass  # It may be cut off while we write.
        error = flood.expect(Error)

        assert error.code in (Code.FRAME_TOO_LONG, Code.NOT_MEMBER, Code.OUT_OF_ORDER, Code.WINDOW_FULL)
