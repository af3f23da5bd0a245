"""`hydrachat join`: chat in a terminal, or through pipes."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from client.chat import ChatClient
from client.errors import ChatError
from client.terminal import ending
from client.terminal.plain import PlainFront
from client.terminal.wording import explain
from wire.address import Address
from wire.errors import BadName
from wire.names import LOBBY, nickname, room as room_name

NODES_TRIED = 3
PATIENCE = 5.0
_EPILOG = """\b
Examples:
  hydrachat join alice                        chat; /help lists what can be typed
  hydrachat join alice --server 10.0.0.5:7700 --server 10.0.0.6:7700
  hydrachat join bot --follow < lines         say the lines of a file, then go on listening
  my-bot < from-chat | hydrachat join bot --plain > from-chat

\b
Plain output, where stdin or stdout is no terminal, or with --plain:
  12:34 alice: hello               said in the room
  12:34 #ops alice: hello          in another one than --room (or the one you joined last)
  12:34 (history) alice: hello     said before you came
  12:34 @bob -> you: psst          to you alone; your own copy: you -> @bob: psst
  12:34 ** alice waves             what somebody does (/me waves)
  12:34 * bob joined               who comes and goes, and answers to commands
  12:34 ! #lobby: complete to …    something may be missing
  a text's further lines begin with "  | "; what is about the connection goes to stderr.
Lines read are commands as at a terminal: "@bob text" is private, "/join #ops", "\\q"; a text that
begins with a slash is written with two. At end of file it waits up to 30 s until everything is
accepted, then leaves.

Each option is also an environment variable: HYDRACHAT_SERVER (several with commas or spaces),
HYDRACHAT_ROOM, HYDRACHAT_NICK, HYDRACHAT_BASE_PORT, HYDRACHAT_PLAIN, HYDRACHAT_FOLLOW. An option
goes before its variable.

\b
Exit codes: 0 ok (also on SIGTERM), 1 something was not accepted, 2 usage, 4 no node reachable,
5 refused (a nickname is taken: the error names a free one), 130 Ctrl-C."""


@click.command("join", epilog=_EPILOG, context_settings={"max_content_width": 100})
@click.argument("nick", required=False, envvar="HYDRACHAT_NICK")
@click.option(
    "--server",
    "servers",
    multiple=True,
    envvar="HYDRACHAT_SERVER",
    metavar="HOST:PORT",
    help="A node or a balancer; may be given several times. [default: the base port of this machine, "
    f"then the {NODES_TRIED} ports after it]",
)
@click.option("--room", envvar="HYDRACHAT_ROOM", default=LOBBY, show_default=True, help="Where to talk.")
@click.option("--plain", is_flag=True, envvar="HYDRACHAT_PLAIN", help="Plain lines, also on a terminal.")
@click.option("--follow", is_flag=True, envvar="HYDRACHAT_FOLLOW", help="Stay after the end of the input.")
@click.option(
    "--base-port",
    envvar="HYDRACHAT_BASE_PORT",
    type=click.IntRange(1, 65535 - NODES_TRIED),
    default=7700,
    show_default=True,
    help="Where a local cluster was started, without --server.",
)
@click.pass_context
def join(
    ctx: click.Context,
    nick: str | None,
    servers: Sequence[str],
    room: str,
    plain: bool,
    follow: bool,
    base_port: int,
) -> None:
    """Chat as NICK: at a terminal, or with lines from stdin to stdout."""
    terminal = _at_terminal()
    person = terminal and not plain and os.environ.get("TERM") != "dumb"
    addresses = _addresses(servers) or [Address("127.0.0.1", base_port + step) for step in range(NODES_TRIED + 1)]
    chat = ChatClient(
        addresses,
        _nick(nick, ask=terminal),
        rooms=[_room(room)],
        client_name="hydrachat-join",
        in_order=not servers,
    )
    ctx.exit(_run(chat, room, person=person, follow=follow))


def _run(chat: ChatClient, room: str, *, person: bool, follow: bool) -> int:
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        chat.start(PATIENCE)
        if person:
            # Imported late: it costs a tenth of a second, and a bot has no use for it.
            from client.terminal.screen import Screen

            return Screen(chat, room).run()
        with Path(os.devnull).open() as nothing:
            source = sys.stdin.fileno() if sys.stdin is not None else nothing.fileno()
            return PlainFront(chat, room, source=source).run(follow=follow)
    except ChatError as error:
        click.echo(f"hydrachat: {explain(error)}", err=True)
        return ending.code_of(error)
    except KeyboardInterrupt:
        return ending.INTERRUPTED
    except ending.Terminated:
        return ending.OK
    finally:
        chat.quit()
        signal.signal(signal.SIGTERM, before)


def _at_terminal() -> bool:
    # A stream that was closed before we started is None.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _terminated(_: int, frame: FrameType | None) -> None:
    raise ending.Terminated


def _addresses(servers: Sequence[str]) -> list[Address]:
    words = [word for text in servers for word in re.split(r"[,\s]+", text) if word]
    try:
        return [Address.parse(word) for word in words]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--server' (HYDRACHAT_SERVER)") from None


def _nick(given: str | None, *, ask: bool) -> str:
    if not given and ask:
        given = click.prompt("Nickname", err=True)
    if not given:
        raise click.UsageError("a nickname is needed: hydrachat join NICK, or HYDRACHAT_NICK")
    try:
        return nickname(given).shown
    except BadName as error:
        raise click.BadParameter(error.text, param_hint="'NICK' (HYDRACHAT_NICK)") from None


def _room(given: str) -> str:
    try:
        return room_name(given)
    except BadName as error:
        raise click.BadParameter(error.text, param_hint="'--room' (HYDRACHAT_ROOM)") from None
