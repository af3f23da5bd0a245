from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from wire.codec import MAX_FRAME, decode_client, decode_server, encode
from wire.codes import Code
from wire.errors import WireError
from wire.frames import RESERVED_OPS, ClientFrame, Frame, Hello, Message, Ping, Say, ServerFrame, Who


@pytest.mark.parametrize("kind", get_args(ClientFrame))
def test_client_frames_come_back(kind: type[Frame], samples: dict[type[Frame], Any]) -> None:
    line = encode(samples[kind])
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_client(line[:-1]) == samples[kind]


@pytest.mark.parametrize("kind", get_args(ServerFrame))
def test_server_frames_come_back(kind: type[Frame], samples: dict[type[Frame], Any]) -> None:
    assert decode_server(encode(samples[kind])[:-1]) == samples[kind]


@given(text=st.text(st.characters(codec="utf-8")), n=st.integers(1, 2**53 - 1))
def test_any_text_comes_back(text: str, n: int) -> None:
    say = Say(n=n, to="#lobby", text=text)
    assert decode_client(encode(say)[:-1]) == say


def test_defaults_are_left_out() -> None:
    assert encode(Ping()) == b'{"op":"ping"}\n'


def test_unknown_fields_are_ignored() -> None:
    line = b'{"op":"who","room":"#ops","colour":{"deep":[1,2]},"id":3}'
    assert decode_client(line) == Who(room="#ops", id=3)
    assert decode_server(b'{"op":"pong","later":true}') is not None


def test_unknown_ops_of_a_node_are_ignored() -> None:
    assert decode_server(b'{"op":"confetti","n":1}') is None
    assert decode_server(b'{"op":"me","n":1}') is None


DEEP = b'{"op":"say","n":3,"to":"#a","text":"","x":' + b"[" * 30000 + b"]" * 30000 + b"}"

BAD = [
    (b'{"op":"say","n":3,"to":"#lobby"}', Code.BAD_FRAME, 3, None, "text"),
    (b'{"op":"say","n":3,"to":"#lobby","text":5}', Code.BAD_FRAME, 3, None, "field text"),
    (b'{"op":"say","n":0,"to":"#lobby","text":"x"}', Code.BAD_FRAME, None, None, "field n"),
    (b'{"op":"say","n":-1,"to":"#lobby","text":"x"}', Code.BAD_FRAME, None, None, "field n"),
    (b'{"op":"say","n":true,"to":"#lobby","text":"x"}', Code.BAD_FRAME, None, None, "field n"),
    (b'{"op":"say","n":9007199254740992,"to":"#a","text":"x"}', Code.BAD_FRAME, None, None, "field n"),
    (b'{"op":"say","n":4,"to":"#a","text":"x","holder":9}', Code.BAD_FRAME, 4, None, "field holder"),
    (b'{"op":"say","n":4,"to":"#a","text":"x","again":["e 1",2]}', Code.BAD_FRAME, 4, None, "field again"),
    (b'{"op":"ack","cursors":{"#a":["e",-1]}}', Code.BAD_FRAME, None, None, "field cursors"),
    (b'{"op":"ack","cursors":{"#a":["e"]}}', Code.BAD_FRAME, None, None, "field cursors"),
    (b'{"op":"history","room":"#a","limit":201,"id":8}', Code.BAD_FRAME, None, 8, "field limit"),
    (b'{"op":"history","room":"#a","limit":0,"id":8}', Code.BAD_FRAME, None, 8, "field limit"),
    (b'{"op":"history","room":"#a","before":-1,"id":8}', Code.BAD_FRAME, None, 8, "field before"),
    (b'{"op":"ping","id":-1}', Code.BAD_FRAME, None, None, "field id"),
    (b'{"op":"hello"}', Code.BAD_FRAME, None, None, "nick"),
    (b'{"op":"hello","session":"s1"}', Code.BAD_FRAME, None, None, "token"),
    (b'{"op":"hello","session":"a:b","token":"t","n":3}', Code.BAD_FRAME, None, None, "field session"),
    (b'{"op":"hello","session":"a\\n","token":"t"}', Code.BAD_FRAME, None, None, "field session"),
    (b'{"op":"hello","nick":"a","protocol":[1,-1]}', Code.BAD_FRAME, None, None, "field protocol"),
    (b'{"op":"hello","nick":"a","n":5,"client":7}', Code.BAD_FRAME, None, None, "field client"),
    (b'{"n":3}', Code.BAD_FRAME, 3, None, "op"),
    (b'{"op":7,"id":3}', Code.BAD_FRAME, None, 3, "op"),
    (b'{"op":"shout","n":3,"id":4}', Code.UNKNOWN_OP, 3, 4, "shout"),
    (b'{"op":"message","id":4}', Code.UNKNOWN_OP, None, 4, "message"),
    (b'{"op":"me","id":4}', Code.RESERVED_OP, None, 4, "me"),
    (b'{"op":"whois","id":4}', Code.BAD_FRAME, None, 4, "nick"),
    (b'{"op":"me","n":4}', Code.RESERVED_OP, 4, None, "me"),
    (b"[]", Code.BAD_FRAME, None, None, "JSON object"),
    (b"{", Code.BAD_FRAME, None, None, "JSON object"),
    (b"", Code.BAD_FRAME, None, None, "JSON object"),
    (b'{"op":"ping"} {"op":"ping"}', Code.BAD_FRAME, None, None, "trailing"),
    (b'{"op":"say","n":3,"to":"#a","text":"\xff"}', Code.BAD_ENCODING, None, None, "UTF-8"),
    (b'{"op":"say","n":3,"to":"#a","text":"a\x1bb"}', Code.BAD_FRAME, None, None, "JSON"),
    (b'{"op":"say","n":3,"to":"#a","text":"\\ud800"}', Code.BAD_FRAME, None, None, "JSON"),
    (DEEP, Code.BAD_FRAME, None, None, "deep"),
]


@pytest.mark.parametrize(("line", "code", "n", "id_", "part"), BAD)
def test_bad_frames_say_what_and_which(line: bytes, code: Code, n: int | None, id_: int | None, part: str) -> None:
    with pytest.raises(WireError) as refused:
        decode_client(line)
    error = refused.value
    assert (error.code, error.n, error.id, error.fatal) == (code, n, id_, False)
    assert part in error.text
    assert error.to_frame().code == code


def test_every_op_reserved_is_refused_by_name() -> None:
    for reserved in sorted(RESERVED_OPS):
        with pytest.raises(WireError) as refused:
            decode_client(json.dumps({"op": reserved}).encode())
        assert refused.value.code is Code.RESERVED_OP


def test_bad_server_frames_raise() -> None:
    for line, code in ((b'{"op":"pong","id":"x"}', Code.BAD_FRAME), (b"\xff", Code.BAD_ENCODING)):
        with pytest.raises(WireError) as refused:
            decode_server(line)
        assert refused.value.code is code


def test_a_frame_is_at_most_64_kib() -> None:
    def say(size: int) -> Say:
        return Say(n=5, to="#lobby", text="x" * size)

    room = MAX_FRAME - len(encode(say(0)))
    assert len(encode(say(room))) == MAX_FRAME
    with pytest.raises(WireError) as refused:
        encode(say(room + 1))
    assert (refused.value.code, refused.value.n) == (Code.FRAME_TOO_LONG, 5)


def test_a_text_of_the_greatest_length_fits_however_it_is_escaped() -> None:
    for sign in ('"', "\\", "\n", "\t", "é", "😀"):
        text = sign * (16 * 1024 // len(sign.encode()))
        message = Message(log="#" + "x" * 48, epoch="e" * 32, offset=1, session="s", n=1, nick="n", text=text, time=1)
        assert decode_server(encode(message)[:-1]) == message


def outcomes(line: bytes) -> list[Frame | WireError | None]:
    """What both decoders make of `line`; whatever else they raise fails the test."""
    results: list[Frame | WireError | None] = []
    for decode in (decode_client, decode_server):
        try:
            results.append(decode(line))
        except WireError as error:
            results.append(error)
    return results


@given(line=st.binary(max_size=200) | st.text(max_size=80).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_garbage_raises_nothing_else(line: bytes) -> None:
    assert all(isinstance(outcome, WireError) and outcome.text for outcome in outcomes(line))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["n", "id", "to", "text", "room", "cursors", "nick", "session", "token", "protocol"])
OPS = st.sampled_from(["hello", "say", "ack", "join", "history", "ping", "welcome", "message", "me", "x"])


@given(fields=st.dictionaries(FIELDS, JSON, max_size=5), op=OPS)
def test_wrong_types_raise_nothing_else(fields: dict[str, Any], op: str) -> None:
    line = json.dumps({"op": op, **fields}).encode("utf-8", "surrogatepass")
    for outcome in outcomes(line):
        if isinstance(outcome, WireError):
            assert outcome.n is None or outcome.n >= 1
        if isinstance(outcome, Hello):
            assert outcome.nick is not None or outcome.session
