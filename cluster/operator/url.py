"""Which Redis a command talks to."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

import click

BASE_PORT = 7700
REDIS_OFFSET = 99
HIGHEST_BASE_PORT = 65535 - 198
ALLOWED = "redis://HOST:PORT/DB, rediss://HOST:PORT/DB or unix:///PATH?db=DB"


def checked(_: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Callback of `--redis`: `value` if it has the form of a Redis address. Raises BadParameter."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        usable = parts.path if parts.scheme == "unix" else parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or parts.scheme not in {"redis", "rediss", "unix"}:
        shown = without_password(value)
        raise click.BadParameter(f"{shown!r} is not a Redis address; allowed: {ALLOWED}", param=param)
    return value


def without_password(url: str) -> str:
    """`url` as it may be shown or logged."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return url.rpartition("@")[2]
    if password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    shown = f"{user.partition(':')[0]}:***@{host}"
    return urlunsplit(SplitResult(parts.scheme, shown, parts.path, parts.query, parts.fragment))


def local_url(base_port: int) -> str:
    """Where `hydrachat up` with this base port runs its own Redis."""
    return f"redis://127.0.0.1:{base_port + REDIS_OFFSET}/0"


def state_folder(base_port: int) -> Path:
    """Where `up` with this base port keeps its data, unless it is told otherwise."""
    root = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(root).expanduser() / "hydrachat" / str(base_port)


def note(base_port: int) -> Path:
    """The file in which an `up` with this base port and a Redis elsewhere leaves that address."""
    return state_folder(base_port) / "redis-url"


def resolve(url: str | None, base_port: int) -> str:
    """The Redis to use: `url` if given, else that of the `up` with this base port."""
    if url:
        return url
    try:
        return note(base_port).read_text("utf-8").strip() or local_url(base_port)
    except (OSError, RuntimeError, ValueError):
        return local_url(base_port)
