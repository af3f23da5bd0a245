"""User and password of Redis, and of its sentinels, given apart from the URL: a command line is seen by all of the
machine in `ps`. Pure, but for `secret`, which reads a file; any thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from cluster.group import is_group, without_password


@dataclass(frozen=True, slots=True)
class Login:
    """What is empty was not given. The last two are for the sentinels of a group."""

    user: str = ""
    password: str = field(default="", repr=False)
    sentinel_user: str = ""
    sentinel_password: str = field(default="", repr=False)


def secret(file: Path) -> str:
    """The one line of `file`. Raises ValueError, which says why there is none, and nothing of what is in there."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise ValueError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8") from None
    if len(lines) != 1 or not lines[0]:
        raise ValueError(f"{file} must hold the password in its only line")
    return lines[0]


def shows_password(url: str) -> bool:
    """Whether there is one in `url`."""
    return without_password(url) != url


def with_login(url: str, login: Login) -> str:
    """`url` with user and password where it has none of its own. It need not be a good one."""
    scheme, sign, rest = url.partition("://")
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    own, _, hosts = rest[:end].rpartition("@")
    user, _, password = own.partition(":")
    user, password = user or quote(login.user, ""), password or quote(login.password, "")
    shown = user + (f":{password}" if password else "")
    signed = f"{scheme}{sign}{shown}@{hosts}{rest[end:]}" if shown else url
    return _for_sentinels(signed, login) if is_group(url) else signed


def _for_sentinels(url: str, login: Login) -> str:
    given = {"sentinel_username": login.sentinel_user, "sentinel_password": login.sentinel_password}
    there = url.partition("?")[2]
    more = [f"{name}={quote(value, '')}" for name, value in given.items() if value and f"{name}=" not in there]
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(more)}" if more else url
