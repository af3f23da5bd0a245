"""The node's log: one event a line on stderr, for people or as JSON.

Every line has `ts level event node boot`, and `session nick room` or `log epoch offset n` where they apply. Never a
message's text, never a token.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO, TypeAlias, cast

from node import faults
from node.structured import structlog

Log: TypeAlias = structlog.typing.FilteringBoundLogger
Fields: TypeAlias = MutableMapping[str, Any]

PATIENCE = 1.0
"""Seconds for a reader that stands still, once."""
_PIECE = 1024
"""Characters, of 4 bytes at most: a pipe that is writable has room for 4096 bytes."""


class Boot:
    """Of which run of the node a line is. `ask` is set once that is known, and asked for each line: it changes."""

    def __init__(self) -> None:
        self.ask: Callable[[], str] = lambda: ""

    def __call__(self, _logger: object, _method: str, fields: Fields) -> Fields:
        fields["boot"] = self.ask()
        return fields


def open_log(node: str, style: str, stream: TextIO | None = None, level: str = "info", boot: Boot | None = None) -> Log:
    """`style`: human or json; `level`: info or debug. Lines go to `stream` (stderr). The log may be used by any
    thread; it never raises, and blocks for `PATIENCE` s at most."""
    render, boot = structlog.processors.JSONRenderer() if style == "json" else _human, boot or Boot()
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Patient(stream or sys.stderr, _lost(render, node, boot)))),
        processors=[structlog.processors.add_log_level, boot, _traceback, _stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    ).bind(node=node)
    return log


class _Patient:
    """A stream that never raises and does not hold up who writes: whoever reads our stderr may die before us or stand
    still, and the disk behind it be full. Lines are lost then, and counted. Anything else would be worse: it would end,
    or stop, a client's thread, or one that all depends on, in the middle of what it does."""

    def __init__(self, stream: TextIO, excuse: Callable[[int], str]) -> None:
        """`excuse`: the line that tells how many were lost."""
        self._stream = stream
        self._excuse = excuse
        # Guarded by the lock of the logger, which holds it for each line: `write`, `write`, `flush`.
        self._text = ""
        self._lost = 0
        self._half = ""  # a line's end, if only its beginning was written

    def write(self, text: str) -> None:
        self._text += text

    def flush(self) -> None:
        text, self._text = self._text, ""
        if self._lost:
            text = f"{self._half}{self._excuse(self._lost)}\n{text}"
        start = 0
        try:
            # In pieces that a pipe takes at once if it takes anything.
            while start < len(text) and self._ready():
                self._stream.write(text[start : start + _PIECE])
                self._stream.flush()
                start += _PIECE
        except (OSError, ValueError, AttributeError):  # it is closed, or there never was one
            pass
        if start >= len(text):
            self._lost, self._half = 0, ""
        else:
            self._lost += 1
            self._half = "\n" if start else self._half

    def _ready(self) -> bool:
        """Waits only for a reader that has kept up so far."""
        try:
            poll = select.poll()
            poll.register(self._stream.fileno(), select.POLLOUT)
        except io.UnsupportedOperation:
            return True  # in memory
        return bool(poll.poll(0 if self._lost else PATIENCE * 1000))


def let_go(stream: TextIO) -> None:
    """Before the process ends: what `stream` still holds, of a line that could not be written, would be tried once more
    by the interpreter, and make another exit code of ours when that fails."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with Path(os.devnull).open("w") as nowhere, contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere.fileno(), stream.fileno())


def _lost(render: Callable[[object, str, Fields], str | bytes], node: str, boot: Boot) -> Callable[[int], str]:
    def excuse(count: int) -> str:
        fields = {"level": "warning", "event": "log_lost", "node": node, "lines": count}
        return str(render(None, "", _stamp(None, "", boot(None, "", fields))))

    return excuse


def _traceback(_logger: object, _method: str, fields: Fields) -> Fields:
    error = sys.exc_info()[1] if fields.pop("exc_info", None) else None
    if error is not None:
        fields["traceback"] = faults.trace(error)
    return fields


def _stamp(_logger: object, _method: str, fields: Fields) -> Fields:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    ordered = {"ts": now, "level": fields.pop("level"), "event": fields.pop("event"), "node": fields.pop("node")}
    boot = fields.pop("boot", "")
    return ordered | ({"boot": boot} if boot else {}) | dict(fields)


def _human(_logger: object, _method: str, fields: Fields) -> str:
    trace = fields.pop("traceback", "")
    fields.pop("boot", None)  # a person looks at one node, and `starting` and `lease_lost` say where a run begins
    head = f"{fields.pop('ts')} {fields.pop('level'):<7} {fields.pop('node'):<4} {fields.pop('event')}"
    rest = "".join(f" {name}={_shown(value)}" for name, value in fields.items())
    return f"{head}{rest}" + (f"\n{trace.rstrip()}" if trace else "")


def _shown(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)
