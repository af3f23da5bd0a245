"""Frames to bytes and back: one JSON object a line.

One union decoder does the work and the validation. Only when it refuses a line is the line looked at
again, to say what is wrong with it and which request it was.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from wire import nesting
from wire.codes import Code
from wire.errors import WireError
from wire.frames import ClientFrame, Frame, Hello, ServerFrame
from wire.refusals import REFUSALS, refuse

MAX_FRAME = 65536
"""Bytes of a line with its line feed."""

_encode = msgspec.json.Encoder().encode
_decode_client = msgspec.json.Decoder[ClientFrame](ClientFrame).decode
_decode_server = msgspec.json.Decoder[ServerFrame](ServerFrame).decode


def op(frame: type[Frame]) -> str:
    """The `op` of a type of frames."""
    return str(frame.__struct_config__.tag)


CLIENT_OPS = frozenset(op(kind) for kind in get_args(ClientFrame))
SERVER_OPS = frozenset(op(kind) for kind in get_args(ServerFrame))


def encode(frame: ClientFrame | ServerFrame) -> bytes:
    """The frame's line with its line feed, at most `MAX_FRAME` bytes.

    Raises WireError FRAME_TOO_LONG; ValueError for a text that is no Unicode. Pure; any thread.
    """
    line = _encode(frame) + b"\n"
    if len(line) > MAX_FRAME:
        text = f"a {op(type(frame))} of {len(line)} bytes; a frame has at most {MAX_FRAME}"
        raise WireError(Code.FRAME_TOO_LONG, text, n=getattr(frame, "n", None), id=getattr(frame, "id", None))
    return line


def decode_client(line: bytes) -> ClientFrame:
    """What a client sent; `line` without its line end. Pure; any thread.

    Raises WireError BAD_ENCODING, BAD_FRAME, UNKNOWN_OP or RESERVED_OP, with `n` and `id` of the
    request where they can be read. An error with `n` has used that n up.
    """
    nesting.check(line)
    try:
        frame: ClientFrame = _decode_client(line)
    except REFUSALS as error:
        refuse(line, error, CLIENT_OPS)
    if type(frame) is Hello and frame.nick is None and (frame.session is None or frame.token is None):
        raise WireError(Code.BAD_FRAME, "hello needs nick, or session and token")
    return frame


def decode_server(line: bytes) -> ServerFrame | None:
    """What a node sent; None: an op that this version does not know, to be ignored. Pure; any thread.

    Raises WireError BAD_ENCODING or BAD_FRAME.
    """
    nesting.check(line)
    try:
        frame: ServerFrame = _decode_server(line)
    except REFUSALS as error:
        try:
            refuse(line, error, SERVER_OPS)
        except WireError as refused:
            if refused.code in (Code.UNKNOWN_OP, Code.RESERVED_OP):
                return None
            raise
    return frame
