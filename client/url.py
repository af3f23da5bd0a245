"""`hydrachat://alice@chat.example:7700/ops`: whom to chat as, where, in which room; `hydrachats://` by TLS.

    hydrachat[s]://[NICK@]HOST[:PORT][,HOST[:PORT]…][/ROOM]

The port is 7700 where none is given; an IPv6 address stands in brackets; a room may be written with its `#`
or without. Anything may be percent-encoded (UTF-8); `@ / : , ? #` and white space in a name have to be.
Several hosts are nodes of one cluster, as with several `--server`. A password is refused: there are none.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self
from urllib.parse import quote, unquote

from wire.address import Address
from wire.errors import BadName
from wire.names import nickname, typed_room

SCHEME, TLS_SCHEME = "hydrachat", "hydrachats"
DEFAULT_PORT = 7700
_FORM = f"write {SCHEME}://[NICK@]HOST[:PORT][/ROOM], as in {SCHEME}://alice@chat.example:7700/ops"
_HOST = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>.*))?", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)


class BadUrl(ValueError):
    """It says what is wrong and what is allowed; never the whole URL, as a secret may stand in it."""


class ChatUrl(NamedTuple):
    """`nick` and `room` None: not said. All are valid, in their one spelling. `tls`: the URL asks for it."""

    servers: tuple[Address, ...]
    nick: str | None = None
    room: str | None = None
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadUrl. Any thread."""
        tls, rest = _after_scheme(text)
        if any(sign.isspace() or not sign.isprintable() for sign in rest):
            raise BadUrl(f"a URL has no white space or control characters in it; {_FORM}")
        authority, slash, path = rest.partition("/")
        if "?" in authority + path or "#" in authority or "#" in path[1:]:
            raise BadUrl(f"nothing may follow the room (a ? or # in a name is written %3F or %23); {_FORM}")
        if "@" in path:
            # Or else a password has a slash in it, and must not be shown as if it were something else.
            raise BadUrl(f"an @ in a room's name is written %40; {_FORM}")
        userinfo, at, hosts = authority.rpartition("@")
        return cls(_servers(hosts), _nick(userinfo) if at else None, _room(path) if slash and path else None, tls)

    def __str__(self) -> str:
        """The URL again; it parses to the same."""
        who = "" if self.nick is None else quote(self.nick, safe="") + "@"
        where = "" if self.room is None else "/" + quote(self.room.removeprefix("#"), safe="")
        return f"{TLS_SCHEME if self.tls else SCHEME}://{who}{','.join(_host_port(one) for one in self.servers)}{where}"


def _after_scheme(text: str) -> tuple[bool, str]:
    scheme, colon, rest = text.partition("://")
    if not colon or scheme.lower() not in (SCHEME, TLS_SCHEME):
        raise BadUrl(f"a chat's URL begins with {SCHEME}://, or {TLS_SCHEME}:// for TLS; {_FORM}")
    return scheme.lower() == TLS_SCHEME, rest


def _servers(hosts: str) -> tuple[Address, ...]:
    return tuple(dict.fromkeys(_server(one) for one in hosts.split(",")))


def _server(text: str) -> Address:
    found = _HOST.fullmatch(text)
    if found is None or (text.startswith(":") and ":" in text[1:]):
        raise BadUrl(f"{text!r} is no host (an IPv6 address stands in brackets: [::1]:7700); {_FORM}")
    if not found["host"]:
        raise BadUrl(f"a host is missing; {_FORM}")
    port = found["port"] or str(DEFAULT_PORT)
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535):
        raise BadUrl(f"{port!r} is no port from 1 to 65535; {_FORM}")
    try:
        return Address.parse(f"{_decoded(found['host'], 'the host')}:{port}")
    except ValueError:
        raise BadUrl(f"{found['host']!r} is no host; {_FORM}") from None


def _host_port(address: Address) -> str:
    host = quote(address.host, safe=":!$&'()*+;=~")
    return f"[{host}]:{address.port}" if ":" in address.host else f"{host}:{address.port}"


def _nick(text: str) -> str:
    if ":" in text:
        # Who lists processes, and the shell's history, would have it.
        raise BadUrl(f"no password stands in a URL, it is asked for: leave out the : and what follows it; {_FORM}")
    if "@" in text:
        raise BadUrl(f"an @ in a nickname is written %40; {_FORM}")
    try:
        return nickname(_decoded(text, "the nickname")).shown
    except BadName as error:
        raise BadUrl(f"{error.text}; {_FORM}") from None


def _room(path: str) -> str:
    if "/" in path:
        raise BadUrl(f"one room can be named (a / in a room's name is written %2F); {_FORM}")
    name = _decoded(path, "the room")
    try:
        return typed_room(name)
    except BadName as error:
        raise BadUrl(f"{error.text}; {_FORM}") from None


def _decoded(text: str, what: str) -> str:
    bad = _BAD_ESCAPE.search(text)
    if bad:
        raise BadUrl(f"{bad[0]!r} in {what} is no percent-encoding (a % is written %25)")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BadUrl(f"{what} is percent-encoded, but not in UTF-8") from None
