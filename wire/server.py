"""The node's side of one connection, without I/O: bytes in, events out; frames in, bytes out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeAlias

from wire import plain, states
from wire.codec import MAX_FRAME, decode_client, encode
from wire.codes import Code
from wire.errors import WireError
from wire.frames import PROTOCOL_MAX, PROTOCOL_MIN, ClientFrame, Error, Hello, Quit, ServerFrame
from wire.lines import Line, LineSplitter, TooLong
from wire.plain_input import BLANKS, Blank, Help
from wire.refusals import too_long
from wire.states import State
from wire.talk import Talk

MAX_LINE = MAX_FRAME - 1
AHEAD = 4
"""So many of the longest frames may come before the hello is answered."""
MAX_AHEAD = AHEAD * MAX_FRAME

_TLS = b"\x16\x03"
"""With this begins who speaks TLS; no nickname does."""

Event: TypeAlias = ClientFrame | Help | Blank | WireError
_NOTHING: deque[Line] = deque(maxlen=0)
"""What nearly all connections have ahead at nearly all times. One of its own would cost each of them 760 bytes."""


class Dialect(StrEnum):
    """How a client talks; known from its first line."""

    PLAIN = "plain"
    NATIVE = "native"


def render(frame: ServerFrame, dialect: Dialect | None) -> bytes:
    """`frame` in `dialect` (None, not known yet: plain, a person may be reading). Pure; any thread, so
    that a fan-out renders once for each dialect. Raises WireError FRAME_TOO_LONG."""
    return encode(frame) if dialect is Dialect.NATIVE else plain.render(frame, room_prefix=True)


class ServerProtocol:
    """One connection; `max_frame`: bytes of a line that it may send, with its line feed. One thread at a time;
    `render` is there for frames that others fan out.

    Send `plain.GREETING` first. Pull events one by one and act on each before the next: what a line
    means depends on how the node answered the line before (a refused nickname makes the next line
    another try). After a `hello` the events pause until `send` was given its answer; if that does
    not happen while they are being pulled, go on with `receive_data(b"")`.
    """

    __slots__ = ("_ahead", "_ahead_bytes", "_blank", "_eof", "_most_ahead", "_splitter", "_talk", "dialect", "state")

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self.state = State.GREETED
        self.dialect: Dialect | None = None
        self._splitter = LineSplitter(max_frame - 1)
        self._most_ahead = AHEAD * max_frame
        self._ahead = _NOTHING
        self._ahead_bytes = 0
        self._blank = 0  # lines, since the last event that tells of them
        self._eof = False
        self._talk = Talk()

    def receive_data(self, data: bytes) -> Iterator[Event]:
        """The events of what was received. Never raises; a WireError among them wants its answer
        (`send(error.to_frame())`), and an end if it is `fatal`. One with `n` has used that n up."""
        if self._listening():
            self._keep(self._splitter.feed(data))
            if self.dialect is None and self._begins_with_tls():
                self._drop()
                return iter((WireError(Code.NO_TLS, "this port does not speak TLS", fatal=True),))
        return self._events()

    def receive_eof(self) -> Iterator[Event]:
        """The client will send no more. What it sent is honoured; a plain one quits by this, a native
        one may resume."""
        if self._listening() and not self._eof:
            self._keep(self._splitter.eof())
            self._eof = True
        return self._events()

    def send(self, frame: ServerFrame) -> bytes:
        """The bytes of `frame` for this client, maybe none. Moves the state: `welcome` to ACTIVE, `bye` and
        an error that ends the connection to CLOSING, another error after hello back to GREETED.
        Raises IllegalMove and changes nothing."""
        following = states.advance(states.SERVER_SENDS, self.state, frame)
        line = render(frame, self.dialect)
        self.state = following
        if self.dialect is Dialect.PLAIN:
            self._talk.answered(frame)
        if self.dialect is not Dialect.NATIVE and type(frame) is Error and following is State.GREETED:
            line += plain.ASK
        return line

    def ends(self, frame: ServerFrame) -> bool:
        """Whether the node closes the connection after `frame`, sent now: an ending error."""
        return states.ends(frame, self.state)

    def close(self) -> None:
        """The socket is gone. Idempotent."""
        self.state = State.CLOSED
        self._ahead = _NOTHING

    @property
    def dropping(self) -> bool:
        """Whether what comes now is the rest of a line that was too long: nobody waits for an answer to it."""
        return self._splitter.dropping

    def _listening(self) -> bool:
        return self.state in (State.GREETED, State.WAITING, State.ACTIVE)

    def _begins_with_tls(self) -> bool:
        """Whatever was the first piece that came."""
        if not self._ahead:
            return self._splitter.begins(_TLS)
        first = self._ahead[0]
        return (first.head if isinstance(first, TooLong) else first).startswith(_TLS)

    def _drop(self) -> None:
        """Nothing more is listened to."""
        self.state = State.CLOSING
        self._ahead = _NOTHING
        self._ahead_bytes = 0

    def _keep(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if self._ahead is _NOTHING:
                self._ahead = deque()
            self._ahead.append(line)
            self._ahead_bytes += _cost(line)

    def _events(self) -> Iterator[Event]:
        while self._ahead and self.state in (State.GREETED, State.ACTIVE):
            line = self._ahead.popleft()
            self._ahead_bytes -= _cost(line)
            event = self._event(line) or self._blank_line()
            if event is not None:
                yield event
        if not self._ahead:
            self._ahead = _NOTHING
        if self.state is State.WAITING and self._ahead_bytes > self._most_ahead:
            yield self._flooded()
        if self._eof and self.state in (State.GREETED, State.ACTIVE):
            self.state = State.CLOSING
            if self.dialect is not Dialect.NATIVE:
                yield Quit()

    def _blank_line(self) -> Blank | None:
        self._blank = (self._blank + 1) % BLANKS
        return None if self._blank else Blank()

    def _event(self, line: Line) -> Event | None:
        if self.dialect is None:
            self.dialect = _dialect(line)
        try:
            event = self._decoded(line)
            if event is not None and not isinstance(event, Help):
                self.state = states.advance(states.SERVER_RECEIVES, self.state, event)
        except WireError as error:
            if error.fatal:
                self.state = State.CLOSING
            return error
        return event

    def _decoded(self, line: Line) -> ClientFrame | Help | None:
        if isinstance(line, TooLong):
            text = f"a line has at most {line.limit} bytes; that one was dropped"
            raise too_long(line, text) if self.dialect is Dialect.NATIVE else WireError(Code.FRAME_TOO_LONG, text)
        if self.dialect is Dialect.NATIVE:
            return _native(line)
        return self._talk.nickname(line) if self.state is State.GREETED else self._talk.line(line)

    def _flooded(self) -> WireError:
        self._drop()
        text = f"more than {self._most_ahead} bytes before the hello was answered"
        return WireError(Code.FRAME_TOO_LONG, text, fatal=True)


def _native(line: bytes) -> ClientFrame | None:
    if not line.strip():
        return None
    frame = decode_client(line)
    if type(frame) is Hello:
        _check_version(frame)
    return frame


def _check_version(hello: Hello) -> None:
    lowest, highest = hello.protocol
    if max(lowest, PROTOCOL_MIN) > min(highest, PROTOCOL_MAX):
        text = f"this node speaks protocol {PROTOCOL_MIN} to {PROTOCOL_MAX}, the client {lowest} to {highest}"
        raise WireError(Code.PROTOCOL_VERSION, text, fatal=True)


def _dialect(line: Line) -> Dialect:
    head = line.head if isinstance(line, TooLong) else line
    return Dialect.NATIVE if head.lstrip().startswith(b"{") else Dialect.PLAIN


def _cost(line: Line) -> int:
    # An empty line costs memory too.
    return 64 + (len(line.head) if isinstance(line, TooLong) else len(line))
