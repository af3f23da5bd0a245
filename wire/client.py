"""The client's side of one native connection, without I/O."""

from __future__ import annotations

from typing import TypeAlias

from wire import states
from wire.codec import MAX_FRAME, decode_server, encode
from wire.codes import Code
from wire.errors import WireError
from wire.frames import ClientFrame, ServerFrame
from wire.lines import Line, LineSplitter, TooLong
from wire.states import State

Received: TypeAlias = ServerFrame | WireError


class ClientProtocol:
    """One connection. One thread at a time."""

    def __init__(self) -> None:
        self.state = State.GREETED
        self._splitter = LineSplitter(MAX_FRAME - 1)
        self._greeting_due = True

    def receive_data(self, data: bytes) -> list[Received]:
        """What the node said. A WireError stands for a line that could not be read or was not legal;
        it changes nothing and the connection goes on. Never raises."""
        received = (self._received(line) for line in self._splitter.feed(data))
        return [event for event in received if event is not None]

    def send(self, frame: ClientFrame) -> bytes:
        """The bytes of `frame`. Raises IllegalMove, or WireError FRAME_TOO_LONG, and changes nothing."""
        following = states.advance(states.CLIENT_SENDS, self.state, frame)
        line = encode(frame)
        self.state = following
        return line

    def close(self) -> None:
        """The socket is gone. Idempotent."""
        self.state = State.CLOSED

    def _received(self, line: Line) -> Received | None:
        greeting, self._greeting_due = self._greeting_due, False
        if isinstance(line, TooLong):
            return WireError(Code.FRAME_TOO_LONG, f"the node sent a line of more than {line.limit} bytes")
        if not line.strip() or (greeting and not line.startswith(b"{")):
            return None
        try:
            frame = decode_server(line)
            if frame is not None:
                self.state = states.advance(states.CLIENT_RECEIVES, self.state, frame)
        except WireError as error:
            return error
        return frame
