"""How the commands of this package fail. Each is one clear line and an exit code.

click.ClickException
└── Failed               1  it did not work
    ├── BadSetting       2  a setting, or what it names, can't be used
    └── RedisUnreachable 3  no Redis answers there
"""

from __future__ import annotations

import click


class Failed(click.ClickException):
    """The command failed; the message says why and what to do."""

    exit_code = 1


class BadSetting(Failed):
    """A setting can't be used; the message names it, its value and what is allowed."""

    exit_code = 2


class RedisUnreachable(Failed):
    """Redis does not answer, or answers that it can't be used."""

    exit_code = 3
