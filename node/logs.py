"""The node's log: one event a line on stderr, for people or as JSON.

Every line has `ts level event node`, and `session room nick` where they apply. Never a message's
text, never a token.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO, TypeAlias, cast

import structlog

Log: TypeAlias = structlog.typing.FilteringBoundLogger
Fields: TypeAlias = MutableMapping[str, Any]


def open_log(node: str, style: str, stream: TextIO | None = None) -> Log:
    """`style`: human or json. Lines go to `stream` (stderr). The log may be used by any thread; it never raises."""
    render = structlog.processors.JSONRenderer() if style == "json" else _human
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Patient(stream or sys.stderr))),
        processors=[structlog.processors.add_log_level, _traceback, _stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    ).bind(node=node)
    return log


class _Patient:
    """Passes over what can't be written: whoever reads our stderr may die before us, and the disk behind it be full.
    The lines are lost then. An error would be worse: it would end a client's thread, or one that all depends on, in
    the middle of what it does."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: it is closed
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def _traceback(_logger: object, _method: str, fields: Fields) -> Fields:
    if fields.pop("exc_info", None):
        fields["traceback"] = traceback.format_exc()
    return fields


def _stamp(_logger: object, _method: str, fields: Fields) -> Fields:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    ordered = {"ts": now, "level": fields.pop("level"), "event": fields.pop("event")}
    return ordered | dict(fields)


def _human(_logger: object, _method: str, fields: Fields) -> str:
    trace = fields.pop("traceback", "")
    head = f"{fields.pop('ts')} {fields.pop('level'):<7} {fields.pop('node'):<4} {fields.pop('event')}"
    rest = "".join(f" {name}={_shown(value)}" for name, value in fields.items())
    return f"{head}{rest}" + (f"\n{trace.rstrip()}" if trace else "")


def _shown(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)
