"""A line too long is dropped; what stands at its head tells the sender which of his requests it was."""

from __future__ import annotations

import pytest

from wire.codec import MAX_FRAME, encode
from wire.codes import Code
from wire.errors import WireError
from wire.frames import Hello, Welcome
from wire.server import ServerProtocol

LONG = b"x" * MAX_FRAME


@pytest.mark.parametrize(
    ("line", "n", "id_"),
    [
        (b'{"op":"say","n":7,"to":"#lobby","text":"%s"}', 7, None),
        (b' { "op" : "say", "n" : 7, "text": "%s"}', 7, None),
        (b'{"op":"history","id":0,"room":"%s"}', None, 0),
        (b'{"op":"say","n":9007199254740993,"text":"%s"}', None, None),
        (b'{"op":"say","n":0,"text":"%s"}', None, None),
        (b'{"op":"hello","n":7,"nick":"%s"}', None, None),
        (b'{"op":"say","to":{"n":7},"text":"%s"}', None, None),
        (b'{"op":"say","n":7%s}', None, None),
        (b'{"text":"%s","op":"say","n":7}', None, None),
    ],
)
def test_a_line_too_long_names_its_request_if_that_stands_at_its_head(
    line: bytes, n: int | None, id_: int | None
) -> None:
    protocol = ServerProtocol()
    list(protocol.receive_data(encode(Hello(nick="alice"))))
    protocol.send(Welcome(session="s1", nick="alice", node="n1", logs={}, heartbeat=10.0))

    (refused,) = protocol.receive_data(line.replace(b"%s", LONG) + b"\n")

    assert isinstance(refused, WireError)
    assert (refused.code, refused.n, refused.id, refused.fatal) == (Code.FRAME_TOO_LONG, n, id_, False)
