"""The options that the operator's commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cluster.operator.login import login
from cluster.operator.url import BASE_PORT, HIGHEST_BASE_PORT, checked

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_PREFIX = "{hydrachat}:"


def base_port(help_text: str) -> Callable[[F], F]:
    """`--port`, whose variable is HYDRACHAT_BASE_PORT: Kubernetes sets variables that end in _PORT itself."""
    return click.option(
        "--port",
        type=click.IntRange(1, HIGHEST_BASE_PORT),
        default=BASE_PORT,
        show_default=True,
        envvar="HYDRACHAT_BASE_PORT",
        show_envvar=True,
        metavar="PORT",
        help=help_text,
    )


def redis_url(help_text: str) -> Callable[[F], F]:
    """`--redis`, and as whom."""
    url = click.option(
        "--redis", "url", metavar="URL", callback=checked, envvar="HYDRACHAT_REDIS", show_envvar=True, help=help_text
    )
    return lambda command: url(login(command))


def prefix(command: F) -> F:
    """`--prefix`."""
    return click.option(
        "--prefix",
        default=DEFAULT_PREFIX,
        callback=_tagged,
        show_default=True,
        envvar="HYDRACHAT_PREFIX",
        show_envvar=True,
        metavar="TEXT",
        help="What the cluster's keys begin with.",
    )(command)


def _tagged(_: click.Context, param: click.Parameter, value: str) -> str:
    """As a node's: what else could there be keys under?"""
    opening, closing = value.find("{"), value.find("}")
    if not 0 <= opening < closing - 1:
        raise click.BadParameter(
            f"{value!r} is not allowed; write a hash tag in braces, as in {{hydrachat}}:", param=param
        )
    return value


def where(command: F) -> F:
    """`--redis`, `--port` and `--prefix`: which cluster to look at."""
    local = redis_url("Redis of the cluster.  [default: that of `hydrachat up` on this machine]")
    port = base_port("Base port of the `hydrachat up` to look at, when --redis is not given.")
    return local(port(prefix(command)))


def as_json(command: F) -> F:
    """`--json`."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        envvar="HYDRACHAT_JSON",
        show_envvar=True,
        help="One JSON array instead of a table.",
    )(command)


def reason(command: F) -> F:
    """`--reason`."""
    from cluster.operator import words

    return click.option(
        "--reason",
        default="",
        callback=words.reason,
        envvar="HYDRACHAT_REASON",
        show_envvar=True,
        metavar="TEXT",
        help="Why: one line, which the members of the rooms read too.",
    )(command)
