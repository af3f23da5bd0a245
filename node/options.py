"""Kinds of options of `hydrachat node`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

import click

from node.limits import DEFAULTS, RANGES
from node.settings import LIMITS
from wire import Address

F = TypeVar("F", bound=Callable[..., Any])


class AddressType(click.ParamType[Address]):
    """HOST:PORT."""

    name = "HOST:PORT"

    def convert(self, value: str | Address, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return value if isinstance(value, Address) else Address.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _NetworksType(click.ParamType[tuple[str, ...]]):
    """Several, with commas between; the option may be given again. Checked with the other settings."""

    name = "CIDR[,CIDR…]"
    envvar_list_splitter = ","

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        return tuple(word.strip() for word in value.split(",") if word.strip())


def networks(option: str, default: str, text: str) -> Callable[[F], F]:
    """An option that takes networks; '' by default: none."""
    envvar = f"HYDRACHAT_{option.upper().replace('-', '_')}"
    return click.option(
        f"--{option}",
        envvar=envvar,
        type=_NetworksType(),
        multiple=True,
        default=[default] if default else [],
        callback=lambda _ctx, _param, found: tuple(chain.from_iterable(found)),
        help=text,
    )


def number(name: str, metavar: str, default: float, text: str) -> Callable[[F], F]:
    """An option with the limits of the setting `name`; whole numbers where `default` is one."""
    least, most = LIMITS[name]
    whole = isinstance(default, int)
    kind = click.IntRange(int(least), int(most)) if whole else click.FloatRange(least, most)
    envvar = f"HYDRACHAT_{name.upper().replace('-', '_')}"
    return click.option(f"--{name}", envvar=envvar, type=kind, metavar=metavar, default=default, help=text)


def limit_options(command: F) -> F:
    """An option for each of `node.limits`."""
    for name, limit in reversed(list(RANGES.items())):
        option = number(name.replace("_", "-"), limit.unit, DEFAULTS[name], limit.text)
        command = option(command)
    return command
