"""What nests too deep is refused before the decoder, which recurses, sees it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from wire import nesting
from wire.codec import decode_client, decode_server
from wire.codes import Code
from wire.errors import WireError
from wire.frames import Member, Members, Ping, Pong, Say

# A thread with a quarter of the stack that a node's have; a stack too small kills the process.
SMALL_STACK = """
import threading
from wire import WireError, decode_client, decode_server

def decode():
    for line in LINES:
        for decoder in (decode_client, decode_server):
            try:
                decoder(line)
            except WireError:
                print("refused", flush=True)

LINES = [b"[" * 60_000, b'{"x":' * 12_000, b'{"op":"ping","x":' + b"[" * 65_000, b"[" * 512]
threading.stack_size(256 * 1024)
thread = threading.Thread(target=decode)
thread.start()
thread.join()
"""


def nested(op: str, deep: int) -> bytes:
    """A frame of more than `SHORT` bytes with an unknown field, in all `deep` deep."""
    field = b'"%s":' % (b"x" * nesting.SHORT)
    return b'{"op":"%s",' % op.encode() + field + b"[" * (deep - 1) + b"]" * (deep - 1) + b"}"


def test_the_deepest_of_lines_needs_little_stack() -> None:
    done = subprocess.run([sys.executable, "-c", SMALL_STACK], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout.split()) == (0, ["refused"] * 8), done.stderr


def test_the_limit() -> None:
    assert decode_client(nested("ping", nesting.MAX_DEPTH)) == Ping()
    assert decode_server(nested("pong", nesting.MAX_DEPTH)) == Pong()
    for op, decode in (("ping", decode_client), ("pong", decode_server)):
        with pytest.raises(WireError) as refused:
            decode(nested(op, nesting.MAX_DEPTH + 1))
        assert refused.value.code is Code.BAD_FRAME
        assert "at most 32 deep" in refused.value.text


@pytest.mark.parametrize("text", ["[" * 2000, '\\"{' * 500, "\\" * 501 + "[" * 500, '"' + "{" * 600 + '"'])
def test_brackets_in_texts_are_nothing(text: str) -> None:
    say = Say(n=1, to="#lobby", text=text)

    assert decode_client(json.dumps({"op": "say", "n": 1, "to": "#lobby", "text": text}).encode()) == say


def test_many_brackets_side_by_side_are_nothing() -> None:
    members = [Member(nick=f"nick{n}", session=f"s{n}", node="n1") for n in range(200)]
    line = json.dumps(
        {"op": "members", "members": [{"nick": m.nick, "session": m.session, "node": m.node} for m in members]}
    )

    assert decode_server(line.encode()) == Members(members=members)


VALUES = st.recursive(
    st.integers() | st.text('[]{}"\\a', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\', max_size=3), inner, max_size=3),
    max_leaves=20,
)


def deep(value: object) -> int:
    """The rule itself."""
    if isinstance(value, dict):
        return 1 + max(map(deep, value.values()), default=0)
    return 1 + max(map(deep, value), default=0) if isinstance(value, list) else 0


@given(value=VALUES)
def test_the_depth_is_that_of_the_value(value: object) -> None:
    assert nesting.depth(json.dumps(value).encode()) == deep(value)


@given(line=st.binary() | st.text('[]{}"\\').map(str.encode))
def test_of_no_json_it_is_a_number_too(line: bytes) -> None:
    assert 0 <= nesting.depth(line) <= len(line)
