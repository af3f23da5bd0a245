"""How a chat in a terminal ends: exit codes, and waiting for what was said."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from client.chat import ChatClient
from client.errors import ChatError, Refused, Unreachable
from client.terminal.talk import Tally

OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 4
REFUSED = 5
INTERRUPTED = 130
UNREAD = 141
"""As of a program that SIGPIPE has ended."""


class Terminated(Exception):
    """SIGTERM, or SIGHUP: the terminal was closed. Leave in order."""


def on_signals(handler: Callable[[int, FrameType | None], None]) -> dict[signal.Signals, Any]:
    """What was there before, for `restore`. Who ignores SIGHUP (nohup) goes on. Main thread."""
    ends = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is not signal.SIG_IGN]
    return {one: signal.signal(one, handler) for one in ends}


def restore(before: dict[signal.Signals, Any]) -> None:
    for one, handler in before.items():
        signal.signal(one, handler)


def code_of(error: ChatError) -> int:
    if isinstance(error, Refused):
        return REFUSED
    return UNREACHABLE if isinstance(error, Unreachable) else FAILED


def verdict(chat: ChatClient, tally: Tally) -> int:
    """The exit code of a chat that came to its end."""
    if chat.error is not None:
        return code_of(chat.error)
    return FAILED if tally.unaccepted else OK


def unaccepted(tally: Tally) -> str:
    """What to say about it, "" if there is nothing to say."""
    count = tally.unaccepted
    if not count:
        return ""
    return f"{count} message{'' if count == 1 else 's'} not accepted"
