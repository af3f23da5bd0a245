"""A small redis-cli, for a server that came without one. Prints as redis-cli does: quoted and
numbered on a terminal, raw into a pipe."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click
import redis

from cluster.operator.errors import RedisUnreachable
from cluster.operator.url import without_password

STREAMING = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR"}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\a": "\\a", "\b": "\\b"}


def run(url: str, args: Sequence[str]) -> int:
    """Sends `args` as one command (none: each line of stdin). Returns 1 if a command failed, else 0.

    Raises RedisUnreachable."""
    try:
        connection: Any = redis.ConnectionPool.from_url(url, protocol=2).make_connection()
        connection.connect()
    except (redis.RedisError, OSError) as error:
        raise RedisUnreachable(f"Redis at {without_password(url)} can't be used: {error}") from error
    try:
        commands = [list(args)] if args else _lines()
        return max((_command(connection, words) for words in commands if words), default=0)
    except (redis.ConnectionError, OSError) as error:
        raise RedisUnreachable(f"Redis at {without_password(url)} went away: {error}") from error
    finally:
        connection.disconnect()


def _lines() -> Iterator[list[str]]:
    prompt = "redis> " if sys.stdin.isatty() else ""
    while True:
        try:
            line = input(prompt)
        except EOFError:
            return
        if line.strip().lower() in {"quit", "exit"}:
            return
        try:
            yield shlex.split(line)
        except ValueError:
            click.echo("Invalid argument(s)")


def _command(connection: Any, words: Sequence[str]) -> int:
    connection.send_command(*words)
    failed = _print_reply(connection)
    while words[0].upper() in STREAMING and not failed:
        failed = _print_reply(connection)
    return failed


def _print_reply(connection: Any) -> int:
    """Prints the next reply; returns 1 if it is an error. Waits for it without a limit, as redis-cli does."""
    try:
        reply = connection.read_response(disable_decoding=True, timeout=None)
    except redis.ResponseError as error:
        click.echo(f"(error) {error}")
        return 1
    click.echo(formatted(reply) if sys.stdout.isatty() else raw(reply))
    return 0


def raw(reply: object) -> bytes:
    """`reply` without quotes and numbers, an element a line."""
    if isinstance(reply, list):
        return b"\n".join(raw(item) for item in reply)
    if isinstance(reply, bytes):
        return reply
    return b"" if reply is None else str(reply).encode()


def formatted(reply: object, indent: str = "") -> str:
    """`reply` for a terminal; control characters are escaped."""
    if isinstance(reply, list):
        return _numbered(reply, indent)
    if isinstance(reply, bytes):
        return quoted(reply)
    if reply is None:
        return "(nil)"
    return f"(integer) {reply}" if isinstance(reply, int) else str(reply)


def _numbered(items: Sequence[object], indent: str) -> str:
    if not items:
        return "(empty array)"
    width = len(str(len(items)))
    inner = indent + " " * (width + 2)
    lines = [f"{i:>{width}}) {formatted(item, inner)}" for i, item in enumerate(items, 1)]
    return f"\n{indent}".join(lines)


def quoted(text: bytes) -> str:
    """`text` in double quotes; what is not printable is escaped."""
    decoded = text.decode("utf-8", "surrogateescape")
    return '"' + "".join(_printable(c) for c in decoded) + '"'


def _printable(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    if c.isprintable():
        return c
    return "".join(f"\\x{byte:02x}" for byte in c.encode("utf-8", "surrogateescape"))
