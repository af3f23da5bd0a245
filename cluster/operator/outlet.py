"""Who reads what a command prints. Main thread."""

from __future__ import annotations

import errno
import os
import select
import sys
import time


def rest(seconds: float) -> None:
    """Returns after `seconds`. Raises BrokenPipeError as soon as nobody reads our output any more: of a room in which
    nothing is said, `history --follow | head` would else never end, since only a write finds out."""
    poll = _watched()
    if poll is None:
        time.sleep(seconds)
    elif poll.poll(seconds * 1000):
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def _watched() -> select.poll | None:
    """Reports when the other end of the pipe is closed, and nothing else."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):  # not one of the system's, closed, or none
        return None
    poll = select.poll()
    poll.register(number, 0)
    return poll
