"""Whom `hydrachat join` chats as, where, in which rooms: of all that say it, which one counts.

What was typed (an argument, an option, a URL) goes before a variable: it is meant for this one run. A variable goes
before the settings file: it is meant for this shell or service, the file for all. Each of the three is decided by
itself. A URL and an option that speak of the same are refused: nobody can tell which one was meant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from client.config import Config
from wire.names import LOBBY


class Given(NamedTuple):
    """What one source says; empty: nothing."""

    servers: tuple[str, ...] = ()
    nick: str = ""
    rooms: tuple[str, ...] = ()
    tls: bool | None = None
    tls_ca: str = ""
    tls_name: str = ""


class SaidTwice(ValueError):
    """Which things a URL and options both say, or what of it does not go together."""


def together(options: Given, url: Given) -> Given:
    """All that was typed. Raises SaidTwice."""
    twice = [name for name in ("servers", "nick", "rooms") if getattr(options, name) and getattr(url, name)]
    if twice:
        raise SaidTwice(f"the URL and the options both name the {' and the '.join(twice)}; leave one of them out")
    if url.tls and options.tls is False:
        raise SaidTwice("the URL asks for TLS and the options for none; leave one of them out")
    return options._replace(
        servers=options.servers or url.servers,
        nick=options.nick or url.nick,
        rooms=options.rooms or url.rooms,
        tls=url.tls or options.tls,
    )


def chosen(typed: Given, variables: Given, config: Config) -> Config:
    """`config` with what goes before it. Raises SaidTwice: what only means something with TLS must not be taken for
    a sign that there is TLS."""
    asked = next((given for given in (typed.tls, variables.tls) if given is not None), config.tls)
    ca = typed.tls_ca or variables.tls_ca or config.tls_ca
    name = typed.tls_name or variables.tls_name or config.tls_name
    if (ca or name) and not asked and (typed.tls is None or typed.tls_ca or typed.tls_name):
        raise SaidTwice("tls-ca and tls-name mean nothing without TLS: add --tls (tls = true in the settings file)")
    return replace(
        config,
        servers=typed.servers or variables.servers or config.servers,
        nick=typed.nick or variables.nick or config.nick,
        rooms=typed.rooms or variables.rooms or config.rooms or (LOBBY,),
        tls=asked,
        tls_ca=ca,
        tls_name=name,
    )
