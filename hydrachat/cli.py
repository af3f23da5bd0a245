"""The console command: parses the first word, then hands over to the package that owns the command.

A package is imported only when its command is used, so that `hydrachat join` never pays for redis
and `hydrachat who` never for the client. Main thread only.
"""

from __future__ import annotations

import errno
import gc
import importlib
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from hydrachat import __version__, start, usage

OK = 0
FAILED = 1
INTERRUPTED = 130
UNREAD = 141
"""As of a program that SIGPIPE has ended, which `set -o pipefail` knows of."""

# Name -> (module, attribute, one line for the overview).
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "up": ("cluster.command", "up", "Start Redis, nodes and a balancer on this machine."),
    "join": ("client.command", "join", "Chat in this terminal, or pipe lines in and out."),
    "node": ("node.command", "node", "Run one chat node in the foreground."),
    "nodes": ("cluster.command", "nodes", "List the nodes of the cluster."),
    "who": ("cluster.command", "who", "List who is on-line, and where; or tell all of one person."),
    "rooms": ("cluster.command", "rooms", "List the rooms and how many are in them."),
    "history": ("cluster.command", "history", "Show what was said in a room."),
    "sessions": ("cluster.command", "sessions", "List what a node holds, also one that is lost."),
    "doctor": ("cluster.command", "doctor", "Say what is wrong, and how to mend it."),
    "top": ("cluster.command", "top", "Watch nodes, rooms and users live."),
    "drain": ("cluster.command", "drain", "Take a node out of service; its clients move."),
    "restart-all": ("cluster.command", "restart_all", "Restart the nodes of `up`, one after the other."),
    "kick": ("cluster.command", "kick", "End somebody's session."),
    "ban": ("cluster.command", "ban", "Keep a nickname or an address out."),
    "unban": ("cluster.command", "unban", "Lift a ban."),
    "bans": ("cluster.command", "bans", "List the bans."),
    "accounts": ("cluster.command", "accounts", "List the registered nicknames."),
    "register": ("cluster.command", "register", "Make a nickname one that its password opens."),
    "unregister": ("cluster.command", "unregister", "Make a registered nickname anybody's again."),
    "announce": ("cluster.command", "announce", "Say something to everybody, as the operator."),
    "room": ("cluster.command", "room", "Show who owns a room, or override that."),
    "topic": ("cluster.command", "topic", "Show or set what a room is about."),
    "drill": ("drill.command", "drill", "Break a cluster of its own on purpose, and judge what its clients saw."),
    "bench": ("drill.bench.command", "bench", "Measure a cluster of its own, beside other servers on this machine."),
    "redis-cli": ("cluster.command", "redis_cli", "Talk to the cluster's Redis."),
    "completion": ("hydrachat.completion", "completion", "Print the script for completion in bash, zsh or fish."),
}

EPILOG = """\b
Examples:
  hydrachat up                    start a cluster on this machine (balancer at 127.0.0.1:7700)
  hydrachat join alice            chat; in another terminal: hydrachat join bob
  hydrachat join hydrachat://alice@chat.example:7700/ops
  hydrachat who                   who is on-line

Each option can also be given as an environment variable, HYDRACHAT_<OPTION>; the option itself
goes before the variable, the variable before the default. `join` has a settings file beside: see
its --help.

\b
Exit codes: 0 ok, 1 failed, 2 usage or setting, 3 Redis unreachable, 4 no node reachable,
5 refused (a nickname is taken, …), 130 Ctrl-C, 141 nobody reads the output any more.
"""


@contextmanager
def _importing() -> Iterator[None]:
    """Next to nothing becomes garbage meanwhile, and looking for it takes a tenth of the time. Ctrl-C ends the process
    as it does any other program: nothing has begun, and raised in the middle of a module it would be a traceback."""
    gc.disable()
    try:
        with start.Interruptible():
            yield
    finally:
        gc.enable()


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        with _importing():
            command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Also from the table: whoever presses Tab must not wait for every package."""
        options = click.Command.shell_complete(self, ctx, incomplete)
        names = [(name, summary) for name, (_, _, summary) in COMMANDS.items() if name.startswith(incomplete)]
        return [CompletionItem(name, help=summary) for name, summary in names] + options

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview comes from the table above: `--help` imports no package."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="hydrachat")
def hydrachat() -> None:
    """Hydrachat: a chat cluster that keeps talking when a head is cut off."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Carries out one command line (None: the process's) and returns its exit code."""
    stdout = sys.stdout
    try:
        result = hydrachat.main(arguments, prog_name="hydrachat", standalone_mode=False)
    except click.ClickException as error:
        usage.completed(error).show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:
        # Where whoever read our output is gone click ends so, with 1, behind an output that is not flushed.
        if sys.stdout is not stdout:
            return UNREAD
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        sys.stdout = None
        click.echo(f"Error: the output can't be written: {error.strerror}", err=True)
        return FAILED
    return result if isinstance(result, int) else OK


def _show_what_can_be_shown() -> None:
    """What somebody far away says may not fit into a terminal or a file of another encoding than UTF-8: a question mark
    stands there instead, where Python would end the program."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def main() -> NoReturn:
    """Entry point of the console script: ends the process with the command's exit code."""
    _show_what_can_be_shown()
    sys.exit(run())
