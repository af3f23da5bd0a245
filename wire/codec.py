"""Frames to bytes and back: one JSON object a line.

One union decoder does the work and the validation. Only when it refuses a line is the line looked at
again, to say what is wrong with it and which request it was.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn, get_args

import msgspec

from wire.codes import Code
from wire.errors import WireError
from wire.frames import MAX_NUMBER, RESERVED_OPS, ClientFrame, Frame, Hello, ServerFrame

MAX_FRAME = 65536
"""Bytes of a line with its line feed."""

_encode = msgspec.json.Encoder().encode
_decode_client = msgspec.json.Decoder[ClientFrame](ClientFrame).decode
_decode_server = msgspec.json.Decoder[ServerFrame](ServerFrame).decode
# RecursionError: msgspec's answer to thousands of opening brackets.
_REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_AT_FIELD = re.compile(r"^(.*) - at `(key in )?\$\.?(.*)`$", re.DOTALL)


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
    try:
        frame: ClientFrame = _decode_client(line)
    except _REFUSALS as error:
        _refuse(line, error, CLIENT_OPS)
    if type(frame) is Hello and frame.nick is None and (frame.session is None or frame.token is None):
        raise WireError(Code.BAD_FRAME, "hello needs nick, or session and token")
    return frame


def decode_server(line: bytes) -> ServerFrame | None:
    """What a node sent; None: an op that this version does not know, to be ignored. Pure; any thread.

    Raises WireError BAD_ENCODING or BAD_FRAME.
    """
    try:
        frame: ServerFrame = _decode_server(line)
    except _REFUSALS as error:
        try:
            _refuse(line, error, SERVER_OPS)
        except WireError as refused:
            if refused.code in (Code.UNKNOWN_OP, Code.RESERVED_OP):
                return None
            raise
    return frame


def _refuse(line: bytes, error: Exception, known: frozenset[str]) -> NoReturn:
    fields = _fields(line)
    code, text = _diagnosis(fields.get("op"), error, known)
    # The n of a hello names no request.
    n = None if fields.get("op") == "hello" else _number(fields, "n", 1)
    raise WireError(code, text, n=n, id=_number(fields, "id", 0)) from None


def _diagnosis(named: object, error: Exception, known: frozenset[str]) -> tuple[Code, str]:
    if not isinstance(named, str):
        return Code.BAD_FRAME, "a frame needs its op as a string"
    if named in known:
        return Code.BAD_FRAME, f"{named}: {_reason(error)}"
    if named in RESERVED_OPS:
        return Code.RESERVED_OP, f"{named} is not offered yet"
    return Code.UNKNOWN_OP, f"there is no op {named[:32]!r}"


def _fields(line: bytes) -> dict[str, Any]:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        text = f"byte {error.start} of the line is not UTF-8; send UTF-8 only"
        raise WireError(Code.BAD_ENCODING, text) from None
    try:
        fields = msgspec.json.decode(line)
    except _REFUSALS as error:
        raise WireError(Code.BAD_FRAME, f"a frame is one JSON object a line: {_reason(error)}") from None
    if not isinstance(fields, dict):
        raise WireError(Code.BAD_FRAME, "a frame is one JSON object a line, not another JSON value")
    return fields


def _number(fields: dict[str, Any], name: str, least: int) -> int | None:
    value = fields.get(name)
    fits = type(value) is int and least <= value <= MAX_NUMBER
    return value if fits else None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    at = _AT_FIELD.match(str(error))
    if at is None:
        return str(error)
    return f"field {at[3]}: {at[1]}" if at[3] else at[1]
