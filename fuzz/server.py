"""Bytes -> ServerProtocol, as a node answers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fuzz.inputs import stream
from fuzz.steps import bounded
from wire.codec import MAX_FRAME, decode_client, encode
from wire.errors import WireError
from wire.frames import Bye, Error, Frame, Hello, Join, Joined, Ping, Pong, Quit, Welcome
from wire.plain_input import Blank, Help
from wire.server import MAX_AHEAD, MAX_LINE, Dialect, Event, ServerProtocol
from wire.states import State

REFUSING, LATE, ENDING = 1, 2, 4
"""Modes: every second hello is refused; a hello is answered only when all bytes are there; the client half-closes."""
_WELCOME = Welcome(session="s1", nick="alice", node="n1", logs={"#lobby": ("e1", 0)}, heartbeat=10.0)
_OVERHEAD = 200_000
"""Bytes of one piece, and what counts for a line beside its bytes."""


class Answering:
    """One connection of a node that does nothing but answer."""

    def __init__(self, mode: int) -> None:
        self.protocol = ServerProtocol()
        self.mode = mode
        self.events: list[object] = []
        self.sent = b""
        self._hellos = 0
        self._late: list[Hello] = []

    def receive(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._act(self.protocol.receive_data(piece))
            self._check_memory()
        while self._late:
            self._welcome(self._late.pop())
            self._act(self.protocol.receive_data(b""))
        if self.mode & ENDING:
            self._act(self.protocol.receive_eof())
            self._act(self.protocol.receive_eof())

    def _act(self, events: Iterator[Event]) -> None:
        for event in events:
            self.events.append(comparable(event))
            self._answer(event)

    def _answer(self, event: Event) -> None:
        if isinstance(event, WireError):
            self._send(event.to_frame())
        elif isinstance(event, Hello) and self.mode & LATE:
            self._late.append(event)
        elif isinstance(event, Hello):
            self._welcome(event)
        elif isinstance(event, Join):
            answer = Joined(log=event.room, epoch="e", offset=1, session="s1", nick="alice", time=1, count=1)
            refused = Error(code=1011, text="no", id=event.id)
            self._send(refused if event.room.endswith("0") else answer)
        elif isinstance(event, Ping):
            self._send(Pong(id=event.id))
        elif isinstance(event, Quit):
            self._send(Bye())

    def _welcome(self, hello: Hello) -> None:
        self._hellos += 1
        refused = self.mode & REFUSING and self._hellos % 2
        self._send(Error(code=1010, text="that nickname is taken") if refused else _WELCOME)

    def _send(self, frame: Any) -> None:
        try:
            self.sent += self.protocol.send(frame)
        except WireError as error:
            # Of what is echoed of a line that is nearly as long as a frame.
            assert error.code == 1001, error

    def _check_memory(self) -> None:
        held = self.protocol._splitter.held
        assert held <= MAX_LINE + 1, f"{held} bytes of a line are held"
        ahead = self.protocol._ahead_bytes
        assert ahead >= 0, ahead
        assert ahead <= MAX_AHEAD + _OVERHEAD, f"{ahead} bytes are held ahead"
        if self.protocol.state is not State.WAITING:
            assert not self.protocol._ahead or self.protocol.state is State.CLOSING, "lines wait for nothing"


def comparable(event: object) -> object:
    """An event without its identity."""
    if isinstance(event, WireError):
        assert event.text, "an error without words"
        return (event.code, event.text, event.n, event.id, event.fatal)
    return event


def server(data: bytes) -> None:
    """No error but WireError, no more memory than a line, the same for every cut, steps within the size."""
    mode, whole, pieces = stream(data)
    once, parts = Answering(mode), Answering(mode)
    bounded(lambda: once.receive([whole]), len(whole))
    parts.receive(pieces)
    if not mode & LATE:  # How much may be ahead is asked when bytes come, so with pieces it can end earlier.
        assert once.events == parts.events, "another cut, other events"
        assert once.sent == parts.sent, "another cut, other answers"
    for event in once.events:
        _check_stable(event, once.protocol.dialect)


def _check_stable(event: object, dialect: Dialect | None) -> None:
    if isinstance(event, Frame) and dialect is Dialect.NATIVE:
        again = _again(event)
        assert again is None or again == event, (again, event)
    elif not isinstance(event, Frame | Help | Blank | tuple):
        raise AssertionError(f"{event!r} is no event")


def _again(frame: Frame) -> Frame | None:
    """Decoded from what it is encoded to; None where that is longer than a line, as numbers written short can be."""
    try:
        line = encode(frame)  # type: ignore[arg-type]
    except WireError:
        return None
    assert len(line) <= MAX_FRAME
    return decode_client(line[:-1])
