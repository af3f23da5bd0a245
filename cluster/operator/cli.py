"""`hydrachat redis-cli`: the real one where there is one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from cluster.up.programs import find_cli


def run(url: str, args: Sequence[str]) -> int:
    """Becomes redis-cli (does not return), or carries `args` out itself and returns the exit code."""
    program = find_cli()
    if program is not None:
        flags, environment = connection_flags(url)
        os.execve(program, [program, *flags, *args], {**os.environ, **environment})
    from cluster.operator import minicli

    return minicli.run(url, args)


def connection_flags(url: str) -> tuple[list[str], Mapping[str, str]]:
    """redis-cli's flags for `url`, and its environment: a password must not show up in `ps`."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.scheme == "unix":
        flags, database = ["-s", unquote(parts.path)], ""
    else:
        flags, database = ["-h", parts.hostname or "127.0.0.1", "-p", str(parts.port or 6379)], parts.path.strip("/")
    if parts.scheme == "rediss":
        flags.append("--tls")
    if parts.username:
        flags += ["--user", unquote(parts.username)]
    flags += ["-n", database or query.get("db", ["0"])[0]]
    return flags, {"REDISCLI_AUTH": unquote(parts.password)} if parts.password else {}
