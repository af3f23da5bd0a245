"""`hydrachat join`: chat in a terminal, or through pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import FrameType

import click

from client import loading
from client.chat import ChatClient
from client.command_line import NODES_TRIED, checked_nick, local, print_sample, settings
from client.config import Config
from client.errors import ChatError
from client.password import entered, found
from client.terminal import ending
from client.terminal.echo import Held
from client.terminal.wording import explain
from wire.names import LOBBY

PATIENCE = 5.0
STDIN = 0
# Imported late: the first costs a quarter of a second, the second a tenth, and a bot has no use for them.
_FRONTS = {"screen": "client.fullscreen.front", "prompt": "client.terminal.screen", "lines": "client.terminal.plain"}
_EPILOG = """\b
Examples:
  hydrachat join alice                        chat; /help lists what can be typed
  hydrachat join alice --server 10.0.0.5:7700 --server 10.0.0.6:7700
  hydrachat join hydrachat://alice@chat.example:7700/ops
  hydrachat join hydrachats://alice@chat.example:7700/ops     by TLS
  hydrachat join --print-config               a settings file to begin with
  hydrachat join bot --follow < lines         say the lines of a file, then go on listening
  my-bot < from-chat | hydrachat join bot --plain > from-chat

\b
On a terminal it is a full-screen room: F1 or /help lists keys and commands. With --plain, where
stdin or stdout is no terminal, or with TERM=dumb it is lines:
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
HYDRACHAT_TLS, HYDRACHAT_TLS_CA, HYDRACHAT_TLS_NAME, HYDRACHAT_ROOM (several with spaces), HYDRACHAT_NICK,
HYDRACHAT_BASE_PORT, HYDRACHAT_PLAIN, HYDRACHAT_FOLLOW, HYDRACHAT_CONFIG, HYDRACHAT_PASSWORD_FILE; the
password itself may stand in HYDRACHAT_PASSWORD, and nowhere on a command line. What is typed (also
in a URL) goes before a variable, a variable before the settings file, the file before the default.

\b
A URL is hydrachat://[NICK@]HOST[:PORT][,HOST[:PORT]...][/ROOM], with hydrachats:// for TLS; the
port is 7700 where none is given, an IPv6 address stands in brackets, the room is /ops or /%23ops.

\b
Exit codes: 0 ok (also on SIGTERM), 1 something was not accepted, 2 usage, 4 no node reachable,
5 refused (a nickname is taken: the error names a free one), 130 Ctrl-C, 141 nobody reads the output."""


@click.command("join", epilog=_EPILOG, context_settings={"max_content_width": 100})
@click.argument("who", metavar="[NICK|URL]", required=False)
@click.option(
    "--server",
    "servers",
    multiple=True,
    envvar="HYDRACHAT_SERVER",
    metavar="HOST:PORT",
    help="A node or a balancer; may be given several times. [default: the base port of this machine, "
    f"then the {NODES_TRIED} ports after it]",
)
@click.option(
    "--tls/--no-tls",
    default=None,
    envvar="HYDRACHAT_TLS",
    help="By TLS, and never without; certificate and host name are verified. [default: no TLS]",
)
@click.option(
    "--tls-ca",
    envvar="HYDRACHAT_TLS_CA",
    metavar="FILE",
    help="PEM file with the authorities to trust. [default: those that the system knows]",
)
@click.option(
    "--tls-name",
    envvar="HYDRACHAT_TLS_NAME",
    metavar="NAME",
    help="For whom the servers' certificates have to be. [default: the host that is connected to]",
)
@click.option(
    "--room",
    "rooms",
    multiple=True,
    envvar="HYDRACHAT_ROOM",
    metavar="ROOM",
    help=f"A room to enter; may be given several times, the first is where you talk. [default: {LOBBY}]",
)
@click.option("--plain", is_flag=True, envvar="HYDRACHAT_PLAIN", help="Lines, also on a terminal.")
@click.option("--follow", is_flag=True, envvar="HYDRACHAT_FOLLOW", help="Stay after the end of the input.")
@click.option(
    "--base-port",
    envvar="HYDRACHAT_BASE_PORT",
    type=click.IntRange(1, 65535 - NODES_TRIED),
    default=7700,
    show_default=True,
    help="Where a local cluster was started, without --server.",
)
@click.option(
    "--password-file",
    envvar="HYDRACHAT_PASSWORD_FILE",
    type=click.Path(path_type=Path),
    help="Where the password of the nickname stands, alone. Without it a terminal asks, if it is needed.",
)
@click.option(
    "--config",
    "config_path",
    envvar="HYDRACHAT_CONFIG",
    type=click.Path(path_type=Path),
    help="Settings in TOML. [default: $XDG_CONFIG_HOME/hydrachat/config.toml, if it is there]",
)
@click.option(
    "--print-config",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_sample,
    help="Print a settings file with all that can be set, and end.",
)
@click.pass_context
def join(
    ctx: click.Context, /, plain: bool, follow: bool, base_port: int, password_file: Path | None, **_: object
) -> None:
    """Chat as NICK, or as and where a URL says: at a terminal, or with lines from stdin to stdout."""
    terminal = _at_terminal()
    dumb = os.environ.get("TERM", "dumb") in ("dumb", "unknown", "")
    config = settings(ctx)
    addresses = config.servers or local(base_port)
    nick = _nick(config.nick, ask=terminal)

    def made(password: str | None) -> ChatClient:
        try:
            return ChatClient(
                addresses,
                nick,
                rooms=config.rooms,
                password=password,
                client_name="hydrachat-join",
                in_order=addresses == local(base_port),
                tls=config.tls,
                tls_ca=config.tls_ca or None,
                tls_name=config.tls_name or None,
            )
        except ValueError as error:  # of `tls_ca`: all else was checked
            raise click.UsageError(str(error), ctx) from None

    front = "lines" if not terminal or dumb else "prompt" if plain else "screen"
    password = found(password_file, config.password_file)

    with Held(STDIN) if front != "lines" else nullcontext() as held:
        asking = held.let_go if held else nullcontext if terminal else None
        ctx.exit(_run(lambda: entered(made, password, asking=asking, patience=PATIENCE), config, front, follow=follow))


def _run(enter: Callable[[], ChatClient], config: Config, front: str, *, follow: bool) -> int:
    before = ending.on_signals(_terminated)
    chat: ChatClient | None = None
    try:
        loading.begin(_FRONTS[front])
        chat = enter()
        return _chatting(chat, config, front, follow=follow)
    except ChatError as error:
        click.echo(f"hydrachat: {explain(error)}", err=True)
        return ending.code_of(error)
    except KeyboardInterrupt:
        return ending.INTERRUPTED
    except ending.Terminated:
        return ending.OK
    finally:
        loading.end()
        if chat is not None:
            chat.quit()
        ending.restore(before)


def _chatting(chat: ChatClient, config: Config, front: str, *, follow: bool) -> int:
    room = config.rooms[0]
    if front == "screen":
        from client.fullscreen.front import FullScreen

        return FullScreen(chat, config, ready=loading.end).run()
    if front == "prompt":
        from client.terminal.screen import Screen

        loading.end()
        return Screen(chat, room).run()
    from client.terminal.plain import PlainFront

    loading.end()
    with Path(os.devnull).open() as nothing:
        source = sys.stdin.fileno() if sys.stdin is not None else nothing.fileno()
        return PlainFront(chat, room, source=source).run(follow=follow)


def _at_terminal() -> bool:
    # A stream that was closed before we started is None.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _terminated(_: int, frame: FrameType | None) -> None:
    raise ending.Terminated


def _nick(given: str, *, ask: bool) -> str:
    if not given and ask:
        given = click.prompt("Nickname", err=True)
    if not given:
        raise click.UsageError("a nickname is needed: hydrachat join NICK, or HYDRACHAT_NICK, or the settings file")
    return checked_nick(given)
