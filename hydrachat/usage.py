"""Completes what click says of a bad setting, for all commands: where its value came from, and what is allowed."""

from __future__ import annotations

import click
from click.core import ParameterSource


def completed(error: click.ClickException) -> click.ClickException:
    """The error to show for `error`: itself, but for one about a setting that does not say all."""
    if not isinstance(error, click.BadParameter) or error.param is None or error.ctx is None:
        return error
    if error.param_hint is None:
        error.param_hint = _place(error, error.param, error.ctx)
    allowed = _allowed(error.param.type)
    # click says of what is no number at all only that it is none.
    if allowed and " is not " in error.message and " is not allowed; " not in error.message:
        message = f"{error.message.rpartition(' is not ')[0]} is not allowed; write {allowed}"
        return click.BadParameter(message, error.ctx, error.param, error.param_hint)
    return error


def _place(error: click.BadParameter, param: click.Parameter, ctx: click.Context) -> str:
    """The setting as the user wrote it, or could have."""
    flag = " / ".join(param.opts) if isinstance(param, click.Option) else param.make_metavar(ctx)
    variable = param.envvar if isinstance(param.envvar, str) else ", ".join(param.envvar or ())
    if variable and isinstance(error, click.MissingParameter):
        return f"'{flag}' (or {variable})"
    if variable and ctx.get_parameter_source(param.name or "") is ParameterSource.ENVIRONMENT:
        return f"'{flag}' (from {variable})"
    return f"'{flag}'"


def _allowed(kind: object) -> str:
    """The range of a number; empty for what is none."""
    if not isinstance(kind, click.IntRange | click.FloatRange):
        return ""
    noun = "a whole number" if isinstance(kind, click.IntRange) else "a number"
    least = "" if kind.min is None else f" from {kind.min:.12g}"
    return noun + least + ("" if kind.max is None else f" to {kind.max:.12g}")
