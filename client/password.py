"""The password of `hydrachat join`: where it is found, and the question for it. Never from the command line, which
everybody on the machine can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from client.chat import ChatClient
from client.errors import Refused
from wire.codes import Code

TRIES = 3
LONGEST = 4096
"""Bytes of a file with a password."""


def found(typed: Path | None, in_settings: str) -> str | None:
    """What was typed goes before HYDRACHAT_PASSWORD, that before the settings file. Raises click.BadParameter."""
    variable = os.environ.get("HYDRACHAT_PASSWORD")
    if typed is not None:
        return _read(typed, "'--password-file'")
    if variable:
        return variable
    return _read(Path(in_settings).expanduser(), "password_file in the settings file") if in_settings else None


def entered(
    make: Callable[[str | None], ChatClient],
    password: str | None,
    *,
    asking: Callable[[], AbstractContextManager[object]] | None,
    patience: float,
) -> ChatClient:
    """A client that was welcomed. `asking`: within it a person is asked for a password where one is needed, or another
    one where this is wrong; None: nobody is there. Raises as `ChatClient.start`."""
    for left in reversed(range(TRIES if asking else 1)):
        chat = make(password)
        try:
            chat.start(patience)
        except BaseException as error:
            chat.quit()
            if not (left and asking and isinstance(error, Refused) and error.code == Code.NOT_ADMITTED):
                raise
            click.echo(f"hydrachat: {error.text}", err=True)
        else:
            return chat
        with asking():
            password = click.prompt(f"Password of {chat.nick}", hide_input=True, err=True)
    raise AssertionError("the last try returns or raises")


def _read(path: Path, named: str) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise click.BadParameter(f"{path} can't be read: {reason}", param_hint=named) from None
    return text.rstrip("\r\n")
