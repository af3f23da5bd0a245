"""Whom `hydrachat join` chats as, where, in which rooms: of all that say it, which one counts.

What was typed (an argument, an option, a URL) goes before a variable: it is meant for this one run. A variable goes
before the settings file: it is meant for this shell or service, the file for all. Each of the three is decided by
itself. A URL and an option that speak of the same are refused: nobody can tell which one was meant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from client.config import Config


class Given(NamedTuple):
    """What one source says; empty: nothing."""

    servers: tuple[str, ...] = ()
    nick: str = ""
    rooms: tuple[str, ...] = ()


class SaidTwice(ValueError):
    """Which things a URL and options both say."""


def together(options: Given, url: Given) -> Given:
    """All that was typed. Raises SaidTwice."""
    twice = [name for name in Given._fields if getattr(options, name) and getattr(url, name)]
    if twice:
        raise SaidTwice(f"the URL and the options both name the {' and the '.join(twice)}; leave one of them out")
    return Given(options.servers or url.servers, options.nick or url.nick, options.rooms or url.rooms)


def chosen(typed: Given, variables: Given, config: Config) -> Config:
    """`config` with what goes before it."""
    return replace(
        config,
        servers=typed.servers or variables.servers or config.servers,
        nick=typed.nick or variables.nick or config.nick,
        rooms=typed.rooms or variables.rooms or config.rooms,
    )
