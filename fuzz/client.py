"""Bytes -> ClientProtocol, and what the line client and a plain one would show of them."""

from __future__ import annotations

from fuzz.inputs import stream
from fuzz.server import comparable
from fuzz.steps import bounded
from wire import plain
from wire.client import ClientProtocol, Received
from wire.codec import MAX_FRAME, decode_server, encode
from wire.errors import WireError
from wire.frames import Frame, Hello

GREETED = 1
"""Mode: the greeting comes first; else perhaps a node that says nothing, or something else."""


def client(data: bytes) -> None:
    """No error but WireError, and that as an event; no more memory than a line; the same for every cut; what is
    understood is encoded to the same again."""
    mode, whole, pieces = stream(data)
    if mode & GREETED:
        whole, pieces = plain.GREETING + whole, [plain.GREETING, *pieces]
    once = bounded(lambda: _received([whole]), len(whole))
    assert once == _received(pieces), "another cut, other events"
    for event in once:
        _check_stable(event)


def _received(pieces: list[bytes]) -> list[object]:
    protocol = ClientProtocol()
    protocol.send(Hello(nick="alice"))
    events: list[Received] = []
    for piece in pieces:
        events += protocol.receive_data(piece)
        assert protocol._splitter.held <= MAX_FRAME
    return [comparable(event) for event in events]


def _check_stable(event: object) -> None:
    if isinstance(event, tuple):
        return
    assert isinstance(event, Frame), f"{event!r} is no event"
    try:
        line = encode(event)  # type: ignore[arg-type]
    except WireError:
        return  # numbers that were written short
    assert decode_server(line[:-1]) == event, event
