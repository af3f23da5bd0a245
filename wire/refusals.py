"""What is wrong with a line that was not taken, and which request it was."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import msgspec

from wire.codes import Code
from wire.errors import WireError
from wire.frames import MAX_NUMBER, RESERVED_OPS
from wire.lines import TooLong

# RecursionError: what Python allows at the most may be set to less than a short line can nest.
REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises."""
_AT_FIELD = re.compile(r"^(.*) - at `(key in )?\$\.?(.*)`$", re.DOTALL)
# Only at the very beginning: further on it might be a field of another object.
_NUMBERED = re.compile(rb'\s*\{\s*"op"\s*:\s*"([a-z]{1,32})"\s*,\s*"(n|id)"\s*:\s*([0-9]{1,16})\s*,')


def too_long(line: TooLong, text: str) -> WireError:
    """FRAME_TOO_LONG with `text`, for a line of the native dialect. Its `n` or `id` is known where it follows
    the op at the head of the line. Pure; any thread."""
    found = _NUMBERED.match(line.head)
    fields: dict[str, Any] = {"op": found[1].decode(), found[2].decode(): int(found[3])} if found else {}
    return _error(Code.FRAME_TOO_LONG, text, fields)


def refuse(line: bytes, error: Exception, known: frozenset[str]) -> NoReturn:
    """Raises the WireError that says why `line` was refused with `error`; `known`: the ops. Pure; any thread."""
    fields = _fields(line)
    code, text = _diagnosis(fields.get("op"), error, known)
    raise _error(code, text, fields) from None


def _error(code: Code, text: str, fields: dict[str, Any]) -> WireError:
    # The n of a hello names no request.
    n = None if fields.get("op") == "hello" else _number(fields, "n", 1)
    return WireError(code, text, n=n, id=_number(fields, "id", 0))


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
    except REFUSALS as error:
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
