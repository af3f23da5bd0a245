"""Where the console script begins, before it has imported anything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it Ctrl-C ends the process at once, by the signal, unless somebody has seen to it otherwise. For imports.
    Any thread; of effect in the main one."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> NoReturn:
    """Entry point of the console script: ends the process with the command's exit code."""
    with interruptible():
        from hydrachat import cli
    cli.main()
