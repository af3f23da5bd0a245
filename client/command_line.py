"""From what `hydrachat join` was given (argument, options, variables, file) to its settings."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource

from client.choice import Given, SaidTwice, chosen, together
from client.config import Config, load
from client.config_faults import BadConfig
from wire.address import Address
from wire.errors import BadName
from wire.names import nickname, typed_room

NODES_TRIED = 3


class BadSettings(click.ClickException):
    """The settings file is at fault, not the command line: its usage would not help."""

    exit_code = 2


def settings(ctx: click.Context) -> Config:
    """`servers` may be empty: a cluster on this machine. Raises click.UsageError, BadSettings."""
    try:
        typed = together(_options(ctx), _url(_argument(ctx)))
        return chosen(typed, _variables(ctx), load(ctx.params["config_path"]))
    except SaidTwice as error:
        raise click.UsageError(str(error), ctx) from None
    except BadConfig as error:
        raise BadSettings(str(error)) from None


def local(base_port: int) -> tuple[str, ...]:
    """Where a cluster on this machine may be found: its balancer, then its nodes."""
    return tuple(str(Address("127.0.0.1", base_port + step)) for step in range(NODES_TRIED + 1))


def checked_nick(given: str) -> str:
    """In its one spelling. Raises click.BadParameter."""
    try:
        return nickname(given).shown
    except BadName as error:
        raise click.BadParameter(error.text, param_hint="'NICK' (HYDRACHAT_NICK)") from None


def _argument(ctx: click.Context) -> str:
    return ctx.params["who"] or ""


def _options(ctx: click.Context) -> Given:
    who = _argument(ctx)
    nick = "" if not who or _is_url(who) else checked_nick(who)
    return _given(ctx, ParameterSource.COMMANDLINE)._replace(nick=nick)


def _variables(ctx: click.Context) -> Given:
    """A nickname that does not count need not be a good one."""
    nick = os.environ.get("HYDRACHAT_NICK", "")
    return _given(ctx, ParameterSource.ENVIRONMENT)._replace(nick=nick)


def _given(ctx: click.Context, source: ParameterSource) -> Given:
    """What came from there."""

    def said(name: str) -> Any:
        return ctx.params[name] if ctx.get_parameter_source(name) is source else None

    port = said("base_port")
    servers = _addresses(said("servers") or ()) or (local(port) if port is not None else ())
    rooms = tuple(dict.fromkeys(map(_room, said("rooms") or ())))
    return Given(servers, "", rooms, said("tls"), said("tls_ca") or "", said("tls_name") or "")


def _is_url(text: str) -> bool:
    # No nickname has a colon in it.
    return "://" in text


def _url(text: str) -> Given:
    if not _is_url(text):
        return Given()
    # Imported late: most people don't write one.
    from client.url import BadUrl, ChatUrl

    try:
        url = ChatUrl.parse(text)
    except BadUrl as error:
        raise click.BadParameter(str(error), param_hint="'URL'") from None
    servers, rooms = tuple(str(one) for one in url.servers), (url.room,) if url.room else ()
    return Given(servers, url.nick or "", rooms, url.tls or None)


def _addresses(servers: Sequence[str]) -> tuple[str, ...]:
    words = [word for text in servers for word in re.split(r"[,\s]+", text) if word]
    try:
        return tuple(str(Address.parse(word)) for word in words)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--server' (HYDRACHAT_SERVER)") from None


def _room(given: str) -> str:
    try:
        return typed_room(given)
    except BadName as error:
        raise click.BadParameter(error.text, param_hint="'--room' (HYDRACHAT_ROOM)") from None


def print_sample(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """`--print-config`: done before anything else is looked at."""
    if not wanted or ctx.resilient_parsing:
        return
    from client.config_keys import sample

    click.echo(sample(), nl=False)
    ctx.exit()
