"""The command line of a bot. Imported only where there is one."""

from __future__ import annotations

import os
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from wire.address import Address

LOCAL = Address("127.0.0.1", 7700)
LONGEST = 4096
"""Bytes of a file with a password."""


def parser(about: str | None, nick: str) -> ArgumentParser:
    """See `client.bot.bot_arguments`."""
    made = ArgumentParser(description=about, formatter_class=RawDescriptionHelpFormatter)
    made.add_argument(
        "--server", action=_Several, type=_address, default=[LOCAL], metavar="HOST:PORT",
        help=f"a node or a balancer; may be given several times (default: {LOCAL})",
    )  # fmt: skip
    made.add_argument("--nick", default=nick, help=f"default: {nick}")
    made.add_argument("--room", action="append", default=[], help="beside #lobby; may be given several times")
    password = os.environ.get("HYDRACHAT_PASSWORD")
    made.set_defaults(login={"password": password} if password else {})
    made.add_argument(
        "--password-file", action=_Login, type=_password, dest="password", metavar="FILE",
        help="whose only line is the password. Or set HYDRACHAT_PASSWORD",
    )  # fmt: skip
    made.add_argument("--tls", action=_Login, nargs=0, const=True, help="by TLS, and never without")
    made.add_argument("--tls-ca", action=_Login, metavar="FILE", help="authorities to trust, PEM; goes with --tls")
    return made


class _Several(Action):
    """The first one takes the place of the default."""

    def __call__(self, parser: ArgumentParser, given: Namespace, value: Any, option: str | None = None) -> None:
        before = getattr(given, self.dest)
        setattr(given, self.dest, [value] if before is self.default else [*before, value])


class _Login(Action):
    """Goes into `login`."""

    def __call__(self, parser: ArgumentParser, given: Namespace, value: Any, option: str | None = None) -> None:
        given.login = {**given.login, self.dest: value or self.const}


def _password(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            return file.read(LONGEST).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ArgumentTypeError(f"{name} is not UTF-8") from None
    except OSError as error:
        raise ArgumentTypeError(f"{name} can't be read: {error.strerror}") from None


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
