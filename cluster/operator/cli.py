"""`hydrachat redis-cli`: the real one where there is one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from cluster.group import is_group
from cluster.up.programs import find_cli

# With one of these redis-cli talks to another server than ours, in another way, or to none.
ELSEWHERE = {"-h", "-p", "-s", "-u", "-v", "--version"}
ELSEWHERE |= {"--tls", "--insecure", "--cacert", "--cacertdir", "--cert", "--key", "--sni"}
# Options of redis-cli whose next word is their value.
VALUED = {"-h", "-p", "-s", "-u", "-a", "-n", "-r", "-i", "-d", "-D", "-t", "-X"}
VALUED |= {"--user", "--pass", "--cacert", "--cacertdir", "--cert", "--key", "--sni", "--pattern", "--show-pushes"}


def run(url: str, args: Sequence[str]) -> int:
    """Becomes redis-cli (does not return), or carries `args` out itself and returns the exit code.

    Raises RedisUnreachable, before anything is read from stdin."""
    program = find_cli()
    if program is None or ELSEWHERE.isdisjoint(options(args)):
        from cluster.operator.connect import reach, server_url

        # redis-cli says 1 of everything: asked now, since nothing of ours is left once it runs.
        url = server_url(url)
        reach(url)
    if program is not None:
        # Of a group that nobody asked for its master there is no server to name.
        flags, environment = ([], {}) if is_group(url) else connection_flags(url)
        os.execve(program, [program, *flags, *args], {**os.environ, **environment})
    from cluster.operator import minicli

    return minicli.run(url, args)


def options(args: Sequence[str]) -> list[str]:
    """The options among redis-cli's words: those before the Redis command, which may have words that look alike."""
    found: list[str] = []
    words = iter(args)
    for word in words:
        if not word.startswith("-"):
            break
        found.append(word)
        if word in VALUED:
            next(words, "")
    return found


def _tls_flags(query: Mapping[str, Sequence[str]]) -> list[str]:
    """What redis-py calls by other names than redis-cli."""
    names = {"ssl_ca_certs": "--cacert", "ssl_ca_path": "--cacertdir", "ssl_certfile": "--cert", "ssl_keyfile": "--key"}
    found = [word for name, flag in names.items() if name in query for word in (flag, query[name][0])]
    return [*found, "--insecure"] if query.get("ssl_cert_reqs") == ["none"] else found


def connection_flags(url: str) -> tuple[list[str], Mapping[str, str]]:
    """redis-cli's flags for `url`, and its environment: a password must not show up in `ps`."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.scheme == "unix":
        flags, database = ["-s", unquote(parts.path)], ""
    else:
        flags, database = ["-h", parts.hostname or "127.0.0.1", "-p", str(parts.port or 6379)], parts.path.strip("/")
    if parts.scheme == "rediss":
        flags += ["--tls", *_tls_flags(query)]
    if parts.username:
        flags += ["--user", unquote(parts.username)]
    flags += ["-n", database or query.get("db", ["0"])[0]]
    return flags, {"REDISCLI_AUTH": unquote(parts.password)} if parts.password else {}
