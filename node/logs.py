"""The node's log: one event a line on stderr, for people or as JSON.

Every line has `ts level event node`, and `session room nick` where they apply. Never a message's
text, never a token.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO, TypeAlias

Fields: TypeAlias = dict[str, Any]


class Log:
    """Any thread. `event`: a word or two; what it is about goes into `fields`."""

    def __init__(self, node: str, render: Callable[[Fields], str], stream: TextIO) -> None:
        self._node = node
        self._render = render
        self._stream = stream
        self._writing = threading.Lock()  # any threads: lines are not torn

    def info(self, event: str, **fields: object) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write("error", event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """Of the exception that is being handled, with its traceback."""
        self._write("error", event, fields | {"traceback": traceback.format_exc()})

    def _write(self, level: str, event: str, fields: Fields) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = self._render({"ts": now, "level": level, "event": event, "node": self._node} | fields)
        with self._writing:
            self._stream.write(line + "\n")
            self._stream.flush()


def open_log(node: str, style: str, stream: TextIO | None = None) -> Log:
    """`style`: human or json. Lines go to `stream` (stderr)."""
    return Log(node, _json if style == "json" else _human, stream or sys.stderr)


def _json(fields: Fields) -> str:
    return json.dumps(fields, default=repr)


def _human(fields: Fields) -> str:
    trace = fields.pop("traceback", "")
    head = f"{fields.pop('ts')} {fields.pop('level'):<7} {fields.pop('node'):<4} {fields.pop('event')}"
    rest = "".join(f" {name}={_shown(value)}" for name, value in fields.items())
    return f"{head}{rest}" + (f"\n{trace.rstrip()}" if trace else "")


def _shown(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)
