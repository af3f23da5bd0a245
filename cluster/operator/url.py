"""Which Redis a command talks to."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import click

from cluster.group import FORM, is_group, parsed, without_password
from cluster.operator.login import EXPOSED, is_exposed, signed

__all__ = ["checked", "local_url", "nobody_there", "note", "resolve", "state_folder", "without_password"]

BASE_PORT = 7700
REDIS_OFFSET = 99
HIGHEST_BASE_PORT = 65535 - 298
ALLOWED = f"redis://HOST:PORT/DB, rediss://HOST:PORT/DB, unix:///PATH?db=DB or {FORM}"


def checked(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Callback of `--redis`: `value` if it has the form of a Redis address. Warns of a password that all can see.
    Raises BadParameter."""
    if value is None:
        return None
    problem = _problem(value)
    if problem is not None:
        shown = without_password(value)
        raise click.BadParameter(f"{shown!r} is not a Redis address{problem}; allowed: {ALLOWED}", param=param)
    if is_exposed(ctx, str(param.name), value):
        click.echo(f"Warning: {EXPOSED}", err=True)
    return value


def _problem(url: str) -> str | None:
    """What is wrong with `url` beyond that it is none; None: it is one."""
    try:
        if is_group(url):
            parsed(url)
            return None
        parts = urlsplit(url)
        usable = parts.path if parts.scheme == "unix" else parts.hostname and parts.port != 0
    except ValueError as error:
        return f" ({error})" if is_group(url) else ""  # urllib's may repeat a password
    return None if usable and parts.scheme in {"redis", "rediss", "unix"} else ""


def local_url(base_port: int) -> str:
    """Where `hydrachat up` with this base port runs its own Redis."""
    return f"redis://127.0.0.1:{base_port + REDIS_OFFSET}/0"


def nobody_there(url: str, refused: str) -> str:
    """What to add to the error `refused` of a connect, if `url` is where the Redis of an `up` would be; or ''."""
    base_port = (urlsplit(url).port or 0) - REDIS_OFFSET if url.startswith("redis://127.0.0.1:") else 0
    if not (base_port == BASE_PORT or _has_run(base_port)) or "connection refused" not in refused.lower():
        return ""
    own = "" if base_port == BASE_PORT else f" --port {base_port}"
    return f"; is `hydrachat up{own}` running? (another Redis: --redis URL)"


def _has_run(base_port: int) -> bool:
    try:
        return state_folder(base_port).is_dir()
    except RuntimeError:
        return False  # nobody's home


def state_folder(base_port: int) -> Path:
    """Where `up` with this base port keeps its data, unless it is told otherwise."""
    root = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(root).expanduser() / "hydrachat" / str(base_port)


def note(base_port: int) -> Path:
    """The file in which an `up` with this base port and a Redis elsewhere leaves that address."""
    return state_folder(base_port) / "redis-url"


def resolve(url: str | None, base_port: int) -> str:
    """The Redis to use: `url` if given, else that of the `up` with this base port; with user and password, where these
    were given apart from it."""
    return signed(url or _noted(base_port) or local_url(base_port))


def _noted(base_port: int) -> str:
    try:
        return note(base_port).read_text("utf-8").strip()
    except (OSError, RuntimeError, ValueError):
        return ""
