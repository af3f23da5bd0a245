"""What the program of every bot needs beside the bot: a command line, an orderly end, an exit code."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from client.errors import ChatError

if TYPE_CHECKING:
    from argparse import ArgumentParser


def bot_arguments(about: str | None, nick: str) -> ArgumentParser:
    """A parser with --server, --nick, --room, --password-file, --tls and --tls-ca, to which a bot may add its own.
    `server` and `room` become lists for `ChatClient`, `login` its other arguments: password, tls and tls_ca as far as
    they were given (the password also as HYDRACHAT_PASSWORD). `about`: what --help says, such as `__doc__`; `nick`:
    the default."""
    from client.arguments import parser  # who only imports the library need not pay for it

    return parser(about, nick)


def run_bot(bot: Callable[[], object]) -> NoReturn:
    """Runs `bot`, and ends the process. Ctrl-C and SIGTERM end it wherever it is, and with its `with` the chat, in
    order: exit code 0. A ChatError or OSError that it raises is one line on stderr, and 1; whatever else is a fault of
    it, and is shown as that. Main thread."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        bot()
    except KeyboardInterrupt:
        sys.exit(0)
    except (ChatError, OSError) as error:
        sys.exit(f"{Path(sys.argv[0]).stem}: {error}")
    sys.exit(0)


@contextmanager
def uninterrupted(patience: float = 10.0) -> Iterator[None]:
    """What stands in it is done whole: a Ctrl-C or SIGTERM meanwhile takes effect behind it, or `patience` seconds
    later wherever it is then. Raises SystemExit for that. Main thread."""
    until: float | None = None
    late = threading.Timer(patience, signal.pthread_kill, (threading.get_ident(), signal.SIGTERM))
    late.daemon = True

    def told(number: int, frame: FrameType | None) -> None:
        nonlocal until
        if until is None:
            until = time.monotonic() + patience
            late.start()
        elif time.monotonic() >= until:
            sys.exit(0)

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        try:
            late.cancel()
            if until is not None:
                late.join()  # it may be about to signal, and whoever is signalled after this is not us
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if until is not None:
        sys.exit(0)
