"""The node's log: one event a line on stderr, for people or as JSON.

Every line has `ts level event node boot`, and `session nick room` or `log epoch offset n` where they apply. Never a
message's text, never a token.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO, TypeAlias

import structlog

from node import faults

Log: TypeAlias = structlog.typing.FilteringBoundLogger
Fields: TypeAlias = MutableMapping[str, Any]


class Boot:
    """Of which run of the node a line is. `ask` is set once that is known, and asked for each line: it changes."""

    def __init__(self) -> None:
        self.ask: Callable[[], str] = lambda: ""

    def __call__(self, _logger: object, _method: str, fields: Fields) -> Fields:
        fields["boot"] = self.ask()
        return fields


def open_log(node: str, style: str, stream: TextIO | None = None, level: str = "info", boot: Boot | None = None) -> Log:
    """`style`: human or json; `level`: info or debug. Lines go to `stream` (stderr). Any thread may use the log."""
    render = structlog.processors.JSONRenderer() if style == "json" else _human
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[structlog.processors.add_log_level, boot or Boot(), _traceback, _stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    ).bind(node=node)
    return log


def _traceback(_logger: object, _method: str, fields: Fields) -> Fields:
    error = sys.exc_info()[1] if fields.pop("exc_info", None) else None
    if error is not None:
        fields["traceback"] = faults.trace(error)
    return fields


def _stamp(_logger: object, _method: str, fields: Fields) -> Fields:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    ordered = {"ts": now, "level": fields.pop("level"), "event": fields.pop("event"), "node": fields.pop("node")}
    boot = fields.pop("boot")
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
