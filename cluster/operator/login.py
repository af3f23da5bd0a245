"""The options that say who we are to Redis. No command has them as arguments: `signed` knows what was given."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from cluster.login import Login, secret, shows_password, with_login

F = TypeVar("F", bound=Callable[..., Any])
_GIVEN = "cluster.operator.login"
_FILE = "File whose only line is the password{}. Or set {}."
EXPOSED = "anybody on this machine can read the password in --redis (ps); use HYDRACHAT_REDIS or --redis-password-file"


def login(command: F) -> F:
    """`--redis-user`, `--redis-password-file`, `--sentinel-user`, `--sentinel-password-file`."""
    for name, of in (("sentinel", " of the sentinels"), ("redis", "")):
        variable = f"HYDRACHAT_{name.upper()}_PASSWORD"
        command = _option(f"--{name}-password-file", "FILE", _FILE.format(of, variable), _read)(command)
        command = _option(f"--{name}-user", "NAME", f"User{of}, if not the default one.", _keep)(command)
    return command


def _option(name: str, metavar: str, text: str, callback: Any) -> Callable[[F], F]:
    variable = f"HYDRACHAT_{name.removeprefix('--').replace('-', '_').upper()}"
    return click.option(
        name, metavar=metavar, envvar=variable, show_envvar=True, help=text, callback=callback, expose_value=False
    )


def _keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.meta.setdefault(_GIVEN, {})[param.name] = value


def _read(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        try:
            _keep(ctx, param, secret(Path(value).expanduser()))
        except ValueError as error:
            raise click.BadParameter(str(error), param=param) from None


def given() -> Login:
    """What the present command was given; a file goes before the variable that holds a password. Main thread."""
    ctx = click.get_current_context(silent=True)
    found = ctx.meta.get(_GIVEN, {}) if ctx else {}
    return Login(
        user=found.get("redis_user", ""),
        password=found.get("redis_password_file") or os.environ.get("HYDRACHAT_REDIS_PASSWORD", ""),
        sentinel_user=found.get("sentinel_user", ""),
        sentinel_password=found.get("sentinel_password_file") or os.environ.get("HYDRACHAT_SENTINEL_PASSWORD", ""),
    )


def signed(url: str) -> str:
    """`url` with what was given, where it says nothing itself. Main thread."""
    return with_login(url, given())


def is_exposed(ctx: click.Context, name: str, url: str) -> bool:
    """Whether the parameter `name` stood on the command line, with a password."""
    is_typed = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and not ctx.resilient_parsing
    return is_typed and shows_password(url)
