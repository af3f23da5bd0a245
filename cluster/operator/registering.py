"""`hydrachat accounts`, `register` and `unregister`."""

from __future__ import annotations

from typing import BinaryIO

import click

from cluster.operator import complete, options, words
from cluster.operator.command import EXIT as SHOWN
from cluster.operator.errors import Failed
from cluster.operator.kicking import EXIT
from cluster.operator.near import hint
from cluster.operator.shape import Shape, Watching, shaped
from cluster.operator.times import counted
from cluster.operator.url import resolve

LONGEST_FILE = 4096
"""Bytes."""


@click.command(
    cls=Watching, epilog="\b\nExamples:\n  hydrachat accounts\n  hydrachat accounts --json | jq -r '.[].nick'" + SHOWN
)
@options.where
@shaped
def accounts(url: str | None, port: int, prefix: str, shape: Shape) -> None:
    """List the registered nicknames, and how many messages wait for their owners.

    \b
    JSON fields: nick, since (Unix ms), seen (Unix ms, when its owner came last,
    0: never), here (whether somebody has it), waiting.
    """
    from cluster.operator import present, views

    present.present(resolve(url, port), shape, lambda client: views.accounts(client, prefix))


@click.command(
    epilog="\b\nExamples:\n  hydrachat register alice                       asks for the password\n"
    "  hydrachat register alice --password-file FILE  its first line\n"
    "  hydrachat register alice --password-file -     from standard input" + EXIT
)
@click.argument("nick", shell_complete=complete.nicknames)
@click.option(
    "--password-file",
    "file",
    type=click.File("rb"),
    metavar="FILE",
    envvar="HYDRACHAT_PASSWORD_FILE",
    show_envvar=True,
    help="Where the password stands.  [default: it is asked for]",
)
@options.where
def register(nick: str, file: BinaryIO | None, url: str | None, port: int, prefix: str) -> None:
    """Make NICK a nickname that only its password opens, or give it another password.

    With `hydrachat node --access registered` this is how people are let in. Who has NICK just now keeps it until its
    owner comes with the password (`hydrachat kick` ends the session). Works while nodes are down.
    """
    from cluster.operator import accounts as acts
    from cluster.operator.acting import desk

    compared = words.mapped(nick)
    password = words.password(_given(nick, file), compared)
    with desk(resolve(url, port), prefix) as at:
        is_new = acts.register(at, nick, compared, password)
    click.echo(f"{nick.removeprefix('@')} {'is registered' if is_new else 'has another password'}")


@click.command(epilog="\b\nExample:\n  hydrachat unregister alice" + EXIT)
@click.argument("nick", shell_complete=complete.registered)
@options.where
def unregister(nick: str, url: str | None, port: int, prefix: str) -> None:
    """Make NICK anybody's again. Messages that wait for its owner are told to their senders as undelivered."""
    from cluster.operator import accounts as acts
    from cluster.operator.acting import desk
    from cluster.operator.connect import connect

    compared, url = words.mapped(nick), resolve(url, port)
    with connect(url) as client, desk(url, prefix) as at:
        done = acts.unregister(at, compared)
        if done is None:
            near = hint(nick.removeprefix("@"), (row.nick for row in acts.all_accounts(client, prefix)))
            raise Failed(f"{nick} is not registered{near}")
    lost = f"; {counted(done[1], 'message')} that waited will not be delivered" if done[1] else ""
    click.echo(f"{done[0]} is not registered any more{lost}")


def _given(nick: str, file: BinaryIO | None) -> str:
    if file is None:
        return str(click.prompt(f"Password for {nick}", hide_input=True, confirmation_prompt=True, err=True))
    try:
        text = file.read(LONGEST_FILE).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"can't be read: {error}", param_hint="'--password-file'") from None
    return text.splitlines()[0] if text else ""
