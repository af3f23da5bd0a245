"""The command line of a bot. Imported only where there is one."""

from __future__ import annotations

from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from typing import Any

from wire.address import Address

LOCAL = Address("127.0.0.1", 7700)


def parser(about: str | None, nick: str) -> ArgumentParser:
    """See `client.bot.bot_arguments`."""
    made = ArgumentParser(description=about, formatter_class=RawDescriptionHelpFormatter)
    made.add_argument(
        "--server", action=_Several, type=_address, default=[LOCAL], metavar="HOST:PORT",
        help=f"a node or a balancer; may be given several times (default: {LOCAL})",
    )  # fmt: skip
    made.add_argument("--nick", default=nick, help=f"default: {nick}")
    made.add_argument("--room", action="append", default=[], help="beside #lobby; may be given several times")
    return made


class _Several(Action):
    """The first one takes the place of the default."""

    def __call__(self, parser: ArgumentParser, given: Namespace, value: Any, option: str | None = None) -> None:
        before = getattr(given, self.dest)
        setattr(given, self.dest, [value] if before is self.default else [*before, value])


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
